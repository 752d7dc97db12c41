"""All tables; importing this package fills the metadata that migrations compare with."""

from models.tables.case import Act, Decision, Signoff
from models.tables.chain import ChainLink, ChainSeal
from models.tables.contact import ContactEvent, ContactRow, Document
from models.tables.debt import Debt, DebtParty, OwnershipLink, Portfolio, Promise, Seller
from models.tables.debtor import ContactPoint, DataKey, Debtor
from models.tables.history import History
from models.tables.hold import LitigationHold
from models.tables.inbox import InboxItem
from models.tables.ledger import Arrangement, LedgerEntry
from models.tables.media import MediaRequest
from models.tables.operator import OperatorRow, Staff
from models.tables.stop import Stop
from models.tables.work import WorkItem

__all__ = [
    "Act",
    "Arrangement",
    "ChainLink",
    "ChainSeal",
    "ContactEvent",
    "ContactPoint",
    "ContactRow",
    "DataKey",
    "Debt",
    "DebtParty",
    "Debtor",
    "Decision",
    "Document",
    "History",
    "InboxItem",
    "LedgerEntry",
    "LitigationHold",
    "MediaRequest",
    "OperatorRow",
    "OwnershipLink",
    "Portfolio",
    "Promise",
    "Seller",
    "Signoff",
    "Staff",
    "Stop",
    "WorkItem",
]
