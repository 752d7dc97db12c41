"""Ways in for payment providers that want an answer of their own: Alipay, WeChat Pay, GoCardless, Adyen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlmodel import Session

from connectors.signature import (
    Distrust,
    check_adyen,
    check_alipay,
    check_gocardless,
    check_wechat,
    open_wechat,
)
from gateway.door import (
    Arrival,
    Door,
    Problem,
    Refusal,
    believe,
    body_of,
    readable,
    refusals,
    secrets_of,
)
from gateway.payment import readable_or_kept, set_aside, take
from models.payment import Ignored, PaymentNotice
from rules.payment import told_in
from rules.provider import (
    Read,
    read_adyen,
    read_alipay,
    read_gocardless,
    read_wechat,
    read_wechat_notice,
)

log = structlog.get_logger()

BATCH = 2 * 1024 * 1024
"""Bytes of a GoCardless or Adyen request: both send up to some hundred events at once."""

_CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "gbk": "gbk", "gb2312": "gbk", "gb18030": "gb18030"}


def routes(door: Door) -> APIRouter:
    """Answer the ways in of providers."""
    router = APIRouter(prefix="/v1", tags=["payments"])

    @router.post(
        "/alipay",
        response_class=PlainTextResponse,
        responses=refusals(400, 401, 413, 422),
        openapi_extra=body_of(None, "application/x-www-form-urlencoded"),
    )
    async def alipay(request: Request) -> PlainTextResponse:  # pyright: ignore[reportUnusedFunction]
        """Take an Alipay notice, of a payment or of refunds; the answer is the word ``success``.

        The debt is ``passback_params``, else ``out_trade_no`` up to ``__``.
        """
        arrival = await door.arrival(request)
        told, charset = _form(arrival.raw)
        keys = secrets_of(door.settings.alipay_keys)
        believe(check_alipay(told, keys, charset), "sign")
        _ours(told.get("app_id"), door.settings.alipay_app_ids, "app_id")
        _ours(told.get("seller_id"), door.settings.alipay_seller_ids, "seller_id")
        await _take_all(door, "alipay", [(readable(read_alipay(told)), arrival)])
        return PlainTextResponse("success")

    @router.post(
        "/wechat",
        responses=refusals(400, 401, 413, 422),
        openapi_extra=body_of(
            None,
            Wechatpay_Serial="Of the platform certificate, or id of the public key.",
            Wechatpay_Signature="Base64.",
            Wechatpay_Timestamp="Unix seconds; within five minutes of now.",
            Wechatpay_Nonce="Random text.",
        ),
    )
    async def wechat(  # pyright: ignore[reportUnusedFunction]
        request: Request,
        wechatpay_serial: Annotated[str | None, Header(include_in_schema=False)] = None,
        wechatpay_signature: Annotated[str | None, Header(include_in_schema=False)] = None,
        wechatpay_timestamp: Annotated[str | None, Header(include_in_schema=False)] = None,
        wechatpay_nonce: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Take a WeChat Pay v3 notice; the debt is ``attach``, else ``out_trade_no`` up to ``__``."""
        settings = door.settings
        try:
            arrival = await door.arrival(request)
            distrust = check_wechat(
                arrival.raw,
                wechatpay_serial,
                wechatpay_signature,
                wechatpay_timestamp,
                wechatpay_nonce,
                settings.wechat_keys,
                arrival.wall,
            )
            believe(distrust, "Wechatpay-Signature")
            notice = await readable_or_kept(
                door, "wechat", read_wechat_notice(arrival.raw), arrival
            )
            opened = _opened(open_wechat(notice.resource, secrets_of(settings.wechat_secrets)))
            read = read_wechat(notice, opened, settings.wechat_mchids, settings.wechat_appids)
            taken = await readable_or_kept(door, "wechat", read, arrival)
            await _take_all(door, "wechat", [(taken, arrival)])
        except Refusal as no:
            said = {"code": "FAIL", "message": no.problem.what, **no.problem.model_dump()}
            return JSONResponse(said, no.status, no.headers)
        return JSONResponse({"code": "SUCCESS", "message": "成功"})

    @router.post(
        "/gocardless",
        status_code=204,
        responses={
            **refusals(400, 413, 422),
            498: {"model": Problem, "description": "The signature is missing or wrong."},
        },
        openapi_extra=body_of(None, Webhook_Signature="Hex HMAC-SHA256 of the raw body."),
    )
    async def gocardless(  # pyright: ignore[reportUnusedFunction]
        request: Request,
        webhook_signature: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Take a batch of GoCardless events, all of them or none.

        Events name no amount: give payments the metadata ``debt_id``, ``amount`` and ``currency``.
        """
        arrival = await door.arrival(request, BATCH)
        secrets = secrets_of(door.settings.gocardless_secrets)
        try:
            believe(check_gocardless(arrival.raw, webhook_signature, secrets), "Webhook-Signature")
        except Refusal as no:
            raise Refusal(498, no.problem) from None
        body = await readable_or_kept(door, "gocardless", told_in(arrival.raw), arrival)
        events = _list(_object(body), "events")
        taken = [
            (
                readable(read_gocardless(event, door.settings.gocardless_organisations)),
                _alone(arrival, event, number),
            )
            for number, event in enumerate(events)
        ]
        await _take_all(door, "gocardless", taken)
        return Response(status_code=204)

    @router.post(
        "/adyen",
        response_class=PlainTextResponse,
        responses=refusals(400, 401, 413, 422),
        openapi_extra=body_of(None),
    )
    async def adyen(request: Request) -> PlainTextResponse:  # pyright: ignore[reportUnusedFunction]
        """Take Adyen's notification items, all of them or none; the answer is ``[accepted]``.

        The debt is ``merchantReference`` up to ``__``; ``additionalData.metadata.debt_id`` is not
        signed and must not name another.
        """
        arrival = await door.arrival(request, BATCH)
        settings, secrets = door.settings, secrets_of(door.settings.adyen_secrets)
        body = _object(readable(told_in(arrival.raw)))
        found: list[dict[str, Any]] = []
        for wrapped in _list(body, "notificationItems"):
            item = wrapped.get("NotificationRequestItem") if isinstance(wrapped, dict) else None
            known = isinstance(item, dict)
            distrust = check_adyen(item, secrets) if known else Distrust.MISSING
            believe(distrust, "additionalData.hmacSignature")
            if known:
                found.append(item)
        tested = str(body.get("live")).lower() != "true" and not settings.tests_count
        taken: list[tuple[PaymentNotice | Ignored, Arrival]] = []
        for number, item in enumerate(found):
            read = readable(read_adyen(item, settings.adyen_accounts, settings.adyen_capture))
            if tested:
                read = Ignored(event_id=read.event_id, why="adyen:test_mode")
            taken.append((read, _alone(arrival, item, number)))
        await _take_all(door, "adyen", taken)
        return PlainTextResponse("[accepted]")

    return router


async def _take_all(door: Door, provider: str, taken: Iterable[tuple[Read, Arrival]]) -> None:
    """Store all notices of a request in one transaction: what is answered yes is stored whole."""
    items = list(taken)

    def work(session: Session) -> list[tuple[str, str]]:
        said: list[tuple[str, str]] = []
        for notice, arrival in items:
            if isinstance(notice, Ignored):
                kept = set_aside(session, door.store.keys, provider, notice, arrival)
            else:
                assert isinstance(notice, PaymentNotice)
                kept = take(session, door, provider, notice, arrival)
            said.append((kept.id, kept.status))
        return said

    for ident, status in await door.write(work):
        log.info("payment.received", provider=provider, inbox=ident, status=status)


def _alone(arrival: Arrival, event: object, number: int) -> Arrival:
    """Keep the raw request with its first event, and of the others their own part."""
    if number == 0:
        return arrival
    return replace(arrival, raw=json.dumps(event, ensure_ascii=False).encode("utf-8", "replace"))


def _opened(resource: bytes | None) -> bytes:
    if resource is None:
        raise Refusal(
            422,
            Problem(
                error="sealed",
                what="no APIv3 key opens the resource",
                where="resource",
                advice="set wechat_secrets to the merchant's APIv3 key",
            ),
        )
    return resource


def _form(raw: bytes) -> tuple[dict[str, str], str]:
    """Read a form in the character set that it names itself."""
    try:
        plain = raw.decode("ascii")
        named = dict(parse_qsl(plain, encoding="latin-1")).get("charset", "utf-8").lower()
        charset = _CHARSETS[named]
        pairs = parse_qsl(
            plain, keep_blank_values=True, encoding=charset, errors="strict", max_num_fields=200
        )
    except (ValueError, KeyError):
        raise _malformed("the body is not a form in the character set it names") from None
    told = dict(pairs)
    if len(told) != len(pairs):
        raise _malformed("a field of the form is given twice")
    return told, charset


def _object(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise _malformed("the body is not a JSON object in UTF-8")
    return cast("dict[str, Any]", body)


def _list(body: Mapping[str, Any], name: str) -> list[Any]:
    found = body.get(name)
    if not isinstance(found, list) or not found:
        raise Refusal(
            422,
            Problem(
                error="invalid", what="a list of events is expected", where=name,
                advice="send the request as the provider documents it",
            ),
        )  # fmt: skip
    return found


def _malformed(what: str) -> Refusal:
    return Refusal(
        400, Problem(error="malformed", what=what, where="body", advice="send one whole notice")
    )


def _ours(said: str | None, known: tuple[str, ...], where: str) -> None:
    """Refuse a notice that is rightly signed and meant for somebody else."""
    if said in known:
        return
    log.warning("gateway.not_ours", header=where)
    raise Refusal(
        422,
        Problem(
            error="not_ours",
            what="the notice is for an app or a seller that is not ours",
            where=where,
            advice="send it to its own merchant; ours stand in alipay_app_ids and alipay_seller_ids",
        ),
    )
