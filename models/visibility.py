"""What the engine knows cases by when they are searched for.

Apart from ``models.case``: these keys bring the engine's client with them, and most who speak of cases
need none of it.
"""

from temporalio.common import SearchAttributeKey


class SA:
    """Search attribute keys: the only place where their names are spelled."""

    STAGE = SearchAttributeKey.for_keyword("CaseStage")
    HOLD = SearchAttributeKey.for_keyword("CaseHold")
    JURISDICTION = SearchAttributeKey.for_keyword("Jurisdiction")
    PORTFOLIO = SearchAttributeKey.for_keyword("Portfolio")
    SELLER = SearchAttributeKey.for_keyword("Seller")
    DEBTOR = SearchAttributeKey.for_keyword("DebtorKey")
    STRATEGY = SearchAttributeKey.for_keyword("Strategy")
    ENDING = SearchAttributeKey.for_keyword("Ending")
    NEXT_ACTION_AT = SearchAttributeKey.for_datetime("NextActionAt")
    CONTACTS = SearchAttributeKey.for_int("ContactCount")
    ALL = (
        STAGE, HOLD, JURISDICTION, PORTFOLIO, SELLER, DEBTOR, STRATEGY, ENDING,
        NEXT_ACTION_AT, CONTACTS,
    )  # fmt: skip
