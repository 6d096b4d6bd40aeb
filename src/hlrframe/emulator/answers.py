"""What goes out: one result of the provider's reply, field by field."""

import datetime as dt
import uuid
from typing import Any

import phonenumbers

from hlrframe.emulator.countries import INTERNATIONAL, region_of_iso3
from hlrframe.emulator.findings import Finding, ported_date
from hlrframe.emulator.numbering import digits_of
from hlrframe.emulator.requests import Query
from hlrframe.emulator.world import USA, Subscriber

__all__ = ["as_credits", "broken", "result", "stamp", "unpaid"]


def result(
    query: Query,
    subscriber: Subscriber,
    finding: Finding,
    *,
    identity: bytes,
    spent: int,
    found_at: float,
    date_form: str = "%Y-%m-%d",
) -> dict[str, Any]:
    """Gives one result.

    Args:
        query: What was asked; it is echoed.
        subscriber: Who it is about.
        finding: What was found.
        identity: At least 16 bytes that become the result's UUID.
        spent: Its price in milli-credits.
        found_at: POSIX time at which it was found.
        date_form: How a date of a port is written, as ``strftime`` says it.
    """
    return {
        "error": "NONE",
        "uuid": _uuid(identity),
        "request_parameters": query.echo(),
        "credits_spent": as_credits(spent),
        "detected_telephone_number": subscriber.msisdn,
        "formatted_telephone_number": _formatted(subscriber.msisdn, query.output_format),
        "live_status": finding.live_status,
        **_networks(subscriber, finding),
        "is_ported": finding.is_ported,
        **_extras(query, subscriber, finding, date_form),
        "timestamp": stamp(found_at),
        "telephone_number_type": subscriber.number_type,
        **_gateways(subscriber, finding),
    }


def unpaid(query: Query, *, identity: bytes) -> dict[str, Any]:
    """Gives the result of a number that the credit did not suffice for."""
    return {
        "error": "INSUFFICIENT_CREDIT",
        "uuid": _uuid(identity),
        "request_parameters": query.echo(),
        "credits_spent": 0,
        "live_status": "",
    }


def broken() -> dict[str, Any]:
    """Gives the result of a number that the provider failed at: nothing but the word."""
    return {"error": "INTERNAL_ERROR"}


def as_credits(milli: int) -> float | int:
    """Writes milli-credits as the provider does: whole numbers without decimals.

    >>> as_credits(1500), as_credits(1000)
    (1.5, 1)
    """
    return milli // 1000 if milli % 1000 == 0 else milli / 1000


def stamp(moment: float) -> str:
    """Writes a POSIX time as the provider does.

    >>> stamp(1662634563.9)
    '2022-09-08T10:56:03Z'
    """
    return dt.datetime.fromtimestamp(int(moment), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _uuid(identity: bytes) -> str:
    return str(uuid.UUID(bytes=identity[:16], version=4))


def _networks(subscriber: Subscriber, finding: Finding) -> dict[str, Any]:
    fields: dict[str, Any] = {"original_network": "NOT_AVAILABLE", "current_network": "NOT_AVAILABLE"}
    if subscriber.original is not None:
        fields["original_network"] = "AVAILABLE"
        fields["original_network_details"] = {**subscriber.original.details(), "area": subscriber.area}
    if subscriber.current is not None and finding.shows_current:
        fields["current_network"] = "AVAILABLE"
        fields["current_network_details"] = subscriber.current.details()
    return fields


def _extras(query: Query, subscriber: Subscriber, finding: Finding, date_form: str) -> dict[str, str]:
    fields = {}
    if query.get_ported_date == "YES":
        fields["ported_date"] = ported_date(subscriber, finding, form=date_form)
    if query.usa_status == "YES":
        fields["usa_status"] = "YES"
    if subscriber.is_mobile:
        fields["disposable_number"] = subscriber.disposable
    return fields


def _gateways(subscriber: Subscriber, finding: Finding) -> dict[str, str]:
    if subscriber.region != USA or not subscriber.is_mobile or not finding.shows_current:
        return {"sms_email": "", "mms_email": ""}
    national = subscriber.msisdn[len(subscriber.calling_code) :]
    return {"sms_email": f"{national}@sms.example.com", "mms_email": f"{national}@mms.example.com"}


def _formatted(msisdn: str, output_format: str) -> str:
    if not msisdn or not output_format:
        return ""
    if output_format == "E164":
        return msisdn
    if output_format == "PLUS_E164":
        return f"+{msisdn}"
    number = phonenumbers.parse(f"+{msisdn}")
    if output_format == "NATIONAL":
        return digits_of(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    caller = region_of_iso3(output_format) or INTERNATIONAL.region
    return digits_of(phonenumbers.format_out_of_country_calling_number(number, caller))
