"""What a caller is told of each request."""

import polars as pl
import prometheus_client
import pyarrow as pa
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import hlrframe as hf
from helpers.emulator import mobiles
from hlrframe import emulator
from hlrframe.emulator import Faults


def contacts(count):
    return pl.DataFrame({"phone": [f"+{each}" for each in mobiles(count)]})


def test_replies_add_up_to_the_account_of_the_run():
    """Credits, requests, refusals and answers of all replies are those of the report, also where replies are lost."""
    told = []
    client = emulator.connect(seed=7, faults=Faults(truncated=0.1, status_503=0.1))
    _, report = hf.enrich_with_report(
        contacts(400), "phone", client=client, settings=hf.Settings(batch_size=5), on_reply=told.append
    )
    assert sum(each.credits for each in told) == pytest.approx(report.credits)
    assert sum(each.answers for each in told) == report.states["answered"]
    assert len(told) == report.requests
    assert {"answered", "refused", "lost"} == {each.outcome for each in told}
    assert {each.status for each in told if each.outcome == "answered"} == {200}
    assert all(each.seconds >= 0 for each in told)


def test_what_the_store_knows_is_told_apart_from_what_is_asked(tmp_path):
    """Stored answers are one reply that cost nothing and was no request."""
    told, client = [], emulator.connect(seed=7)
    hf.enrich(contacts(30), "phone", client=client, store=tmp_path / "answers")
    hf.enrich(contacts(40), "phone", client=client, store=tmp_path / "answers", on_reply=told.append)
    stored = [each for each in told if each.outcome == "stored"]
    assert stored == [hf.Reply("stored", 30, 30)]
    assert sum(each.numbers for each in told) == 40


def test_what_the_callers_code_raises_ends_the_run_with_everything_kept(tmp_path):
    """Nothing that was paid is lost: the next run asks only for the rest, and each number is paid once."""

    def fail(reply):
        raise LookupError("no room on the meter")

    client = emulator.connect(seed=7)
    with pytest.raises(LookupError, match="meter"):
        hf.enrich(
            contacts(2000),
            "phone",
            client=client,
            store=tmp_path / "answers",
            on_reply=fail,
            settings=hf.Settings(batch_size=1, max_requests=4),
        )
    kept = hf.Store(tmp_path / "answers").stats().answers
    assert 0 < kept < 2000
    clean = hf.enrich(contacts(2000), "phone", client=client, store=tmp_path / "answers")
    assert clean["hlr_state"].value_counts().sort("hlr_state").rows() == [("answered", 2000 - kept), ("cached", kept)]


def test_every_function_that_asks_tells(tmp_path):
    """A list, a file, a stream of batches and a coroutine tell as a frame does."""
    told, client, frame = [], emulator.connect(seed=7), contacts(3)
    hf.lookup(frame["phone"], client=client, on_reply=told.append)
    frame.write_csv(tmp_path / "in.csv")
    hf.enrich_file(tmp_path / "in.csv", tmp_path / "out.csv", "phone", client=client, on_reply=told.append)
    list(hf.enrich_batches(frame.to_arrow(), "phone", client=client, on_reply=told.append))
    assert isinstance(frame.to_arrow(), pa.Table)
    assert sum(each.numbers for each in told) == 9


def test_no_reply_shows_a_number_or_a_key(tmp_path):
    """The text of a reply holds counts and words."""
    told, frame = [], contacts(50)
    hf.enrich(frame, "phone", client=emulator.connect(seed=7), store=tmp_path / "answers", on_reply=told.append)
    assert not any(number[1:] in repr(told) for number in frame["phone"])


def test_counters_for_prometheus():
    """The counters of a registry add up to the report; what the store knew is no request."""
    registry = prometheus_client.CollectorRegistry()
    _, report = hf.enrich_with_report(
        contacts(20), "phone", client=emulator.connect(seed=7), on_reply=hf.prometheus_counters(registry)
    )
    assert registry.get_sample_value("hlrframe_credits_total") == report.credits
    assert registry.get_sample_value("hlrframe_answers_total", {"outcome": "answered"}) == 20
    asked = {"outcome": "answered", "status": "200"}
    assert registry.get_sample_value("hlrframe_requests_total", asked) == report.requests
    (seconds,) = (each for each in registry.collect() if each.name == "hlrframe_reply_seconds")
    timed = {each.labels["network"]: each.value for each in seconds.samples if each.name.endswith("_count")}
    assert sum(timed.values()) == report.requests
    assert any(timed)


def points(reader):
    """Gives what was counted, by instrument and attributes."""
    found = {}
    for resource in reader.get_metrics_data().resource_metrics:
        for metric in resource.scope_metrics[0].metrics:
            for each in metric.data.data_points:
                found[metric.name, tuple(sorted(each.attributes.items()))] = each
    return found


def test_counters_for_opentelemetry(tmp_path):
    """The real SDK's reader finds the account of the run, and no attribute is a number or a key."""
    reader, client, frame = (
        InMemoryMetricReader(),
        emulator.connect(seed=7, faults=Faults(status_503=0.2)),
        contacts(40),
    )
    count = hf.opentelemetry_counters(MeterProvider([reader]).get_meter("test"))
    hf.enrich(frame.head(10), "phone", client=client, store=tmp_path / "answers")
    settings = hf.Settings(batch_size=1)
    _, report = hf.enrich_with_report(
        frame, "phone", client=client, store=tmp_path / "answers", settings=settings, on_reply=count
    )
    found = points(reader)
    assert found["hlrframe.credits", ()].value == pytest.approx(report.credits)
    assert found["hlrframe.answers", (("outcome", "answered"),)].value == report.states["answered"]
    assert found["hlrframe.answers", (("outcome", "stored"),)].value == report.states["cached"] == 10
    sent = {key: each for key, each in found.items() if key[0] == "hlrframe.requests"}
    assert sum(each.value for each in sent.values()) == report.requests
    refused = (("outcome", "refused"), ("status", "503"))
    assert sent["hlrframe.requests", refused].value == report.refusals > 0
    timed = {key[1]: each for key, each in found.items() if key[0] == "hlrframe.reply.duration"}
    assert sum(each.count for each in timed.values()) == report.requests
    assert all(dict(key)["network"] for key in timed)
    assert not any(number[1:] in repr(list(found)) for number in frame["phone"])


def test_counters_without_a_meter_provider_go_nowhere():
    """A run that counts for an application that collects nothing ends as any other."""
    clean = hf.enrich(contacts(2), "phone", client=emulator.connect(), on_reply=hf.opentelemetry_counters())
    assert clean["hlr_state"].to_list() == ["answered"] * 2
