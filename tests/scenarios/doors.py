"""What wallets and banks send, as their own kits and files write it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from alipay.aop.api.util.SignatureUtils import get_sign_content, sign_with_rsa2
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from wechatpayv3.utils import rsa_sign

from tests.scenarios.script import Entry

KEY = rsa.generate_private_key(65537, 2048)
APIV3 = "0123456789abcdef0123456789abcdef"
SERIAL = "7777AAAA"
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

SETTINGS: dict[str, Any] = {
    "alipay_keys": [PUBLIC],
    "alipay_app_ids": ["2021000001"],
    "alipay_seller_ids": ["2088000001"],
    "wechat_keys": {SERIAL: PUBLIC},
    "wechat_secrets": [APIV3],
    "wechat_mchids": ["1900000001"],
    "wechat_appids": ["wx01"],
}


def alipay(**changes: str) -> bytes:
    """A notice of 195.00, signed as the SDK signs."""
    told = {
        "notify_id": "n1", "notify_type": "trade_status_sync", "app_id": "2021000001",
        "seller_id": "2088000001", "charset": "utf-8", "version": "1.0", "trade_no": "T1",
        "trade_status": "TRADE_SUCCESS", "total_amount": "195.00", "receipt_amount": "190.00",
        "buyer_pay_amount": "190.00", "buyer_id": "2088102", "subject": "repayment",
    } | changes  # fmt: skip
    whole = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    bare = "".join(whole.decode().splitlines()[1:-1])
    told |= {"sign": sign_with_rsa2(bare, get_sign_content(told), "utf-8"), "sign_type": "RSA2"}
    return urlencode(told).encode()


def wechat(**changes: str) -> bytes:
    """A notice of 100.00 of which a coupon paid 10.00, sealed as the provider seals."""
    trade = {
        "mchid": "1900000001", "appid": "wx01", "transaction_id": "4200", "trade_state": "SUCCESS",
        "amount": {"total": 10_000, "payer_total": 9_000, "currency": "CNY"},
    } | changes  # fmt: skip
    sealed = AESGCM(APIV3.encode()).encrypt(
        b"nonce12chars", json.dumps(trade).encode(), b"transaction"
    )
    return json.dumps(
        {
            "id": "w1", "create_time": changes["success_time"],
            "event_type": "TRANSACTION.SUCCESS", "resource_type": "encrypt-resource",
            "resource": {
                "algorithm": "AEAD_AES_256_GCM", "nonce": "nonce12chars",
                "associated_data": "transaction", "ciphertext": base64.b64encode(sealed).decode(),
            },
        }
    ).encode()  # fmt: skip


def signed(raw: bytes, at: datetime) -> dict[str, str]:
    """The headers with which WeChat Pay signs what it sends at an instant."""
    stamp = str(int(at.timestamp()))
    return {
        "Wechatpay-Serial": SERIAL,
        "Wechatpay-Signature": rsa_sign(KEY, f"{stamp}\nxyz\n{raw.decode()}\n"),
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": "xyz",
    }


def camt(entries: Sequence[Entry], currency: str, on: date, opening: Decimal, number: int) -> bytes:
    """A day's camt.053 statement of one account; its balances add up."""
    moved = sum(
        (
            Decimal(each.amount) * (-1 if each.reversal else 1)
            for each in entries
            if not each.pending
        ),
        Decimal(0),
    )
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{abs(total)}'
        f"</Amt><CdtDbtInd>{'CRDT' if total >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
        for code, total in (("OPBD", opening), ("CLBD", opening + moved))
    )
    lines = "".join(_entry(each, currency, on) for each in entries)
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M{number}</MsgId></GrpHdr><Stmt><Id>S{number}</Id>"
        f"<ElctrncSeqNb>{number}</ElctrncSeqNb><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id>"
        f"<Ccy>{currency}</Ccy></Acct>{balances}{lines}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _entry(each: Entry, currency: str, on: date) -> str:
    parts = each.batch or (each.amount,)
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>{each.end or f'B{n}'}</EndToEndId></Refs>"
        f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{"DBIT" if each.reversal else "CRDT"}'
        f"</CdtDbtInd><RmtInf><Ustrd>{each.text}</Ustrd></RmtInf></TxDtls>"
        for n, amount in enumerate(parts)
    )
    batch = f"<Btch><NbOfTxs>{len(parts)}</NbOfTxs></Btch>" if each.batch else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{each.amount}</Amt>'
        f"<CdtDbtInd>{'DBIT' if each.reversal else 'CRDT'}</CdtDbtInd>"
        f"{'<RvslInd>true</RvslInd>' if each.reversal else ''}"
        f"<Sts><Cd>{'PDNG' if each.pending else 'BOOK'}</Cd></Sts><BookgDt><Dt>{on}</Dt></BookgDt>"
        f"<ValDt><Dt>{on}</Dt></ValDt><NtryDtls>{batch}{details}</NtryDtls></Ntry>"
    )
