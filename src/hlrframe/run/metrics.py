"""What came of requests, as counters for Prometheus and for OpenTelemetry."""

from typing import Any

from hlrframe.model import OnReply, Reply
from hlrframe.system import extra, sealed

__all__ = ["opentelemetry_counters", "prometheus_counters"]


@sealed
def prometheus_counters(
    registry: Any = None,  # noqa: ANN401  # a registry of prometheus_client
    *,
    prefix: str = "hlrframe",
) -> OnReply:
    """Gives a function for ``on_reply`` that counts in Prometheus (``[prometheus]`` extra).

    Make it once in a process: a registry takes each name once.

    Args:
        registry: Of ``prometheus_client``; ``None`` for its usual one.
        prefix: What the names of the metrics begin with.

    Returns:
        A function that counts ``hlrframe_requests_total`` by outcome and status, ``hlrframe_numbers_total`` by outcome
        (``stored`` for what the store knew), ``hlrframe_answers_total`` likewise, ``hlrframe_credits_total``, and
        ``hlrframe_reply_seconds`` as a histogram by outcome and predicted network. No label holds a number.

    Raises:
        ConfigError: ``prometheus_client`` is not installed.
    """
    client = extra("prometheus_client", of="prometheus", for_what="counting for Prometheus")
    where = {"registry": client.REGISTRY if registry is None else registry}
    labels = ["outcome", "status"]
    requests = client.Counter(f"{prefix}_requests", "Requests that were sent, by what came of them.", labels, **where)
    numbers = client.Counter(
        f"{prefix}_numbers", "Numbers that were asked, or known to the store.", labels[:1], **where
    )
    answers = client.Counter(f"{prefix}_answers", "Usable answers.", labels[:1], **where)
    credits_ = client.Counter(f"{prefix}_credits", "Credits that were charged.", **where)
    seconds = client.Histogram(
        f"{prefix}_reply_seconds", "Seconds until a reply came.", ["outcome", "network"], **where
    )

    def count(reply: Reply) -> None:
        numbers.labels(reply.outcome).inc(reply.numbers)
        answers.labels(reply.outcome).inc(reply.answers)
        credits_.inc(reply.credits)
        if reply.outcome != "stored":
            requests.labels(reply.outcome, str(reply.status or "none")).inc()
            seconds.labels(reply.outcome, reply.lane).observe(reply.seconds)

    return count


@sealed
def opentelemetry_counters(
    meter: Any = None,  # noqa: ANN401  # a meter of opentelemetry
    *,
    prefix: str = "hlrframe",
) -> OnReply:
    """Gives a function for ``on_reply`` that counts in OpenTelemetry (``[opentelemetry]`` extra).

    Where the counts go is the application's to say, by its meter provider; without one they go nowhere.

    Args:
        meter: Of ``opentelemetry.metrics``; ``None`` for one of the application's meter provider.
        prefix: What the names of the instruments begin with.

    Returns:
        A function that counts ``hlrframe.requests`` by outcome and status, ``hlrframe.numbers`` by outcome (``stored``
        for what the store knew), ``hlrframe.answers`` likewise, ``hlrframe.credits``, and ``hlrframe.reply.duration``
        in seconds, a histogram by outcome and predicted network. No attribute holds a number.

    Raises:
        ConfigError: ``opentelemetry-api`` is not installed.
    """
    metrics = extra("opentelemetry.metrics", of="opentelemetry", for_what="counting for OpenTelemetry")
    meter = metrics.get_meter("hlrframe") if meter is None else meter
    requests = meter.create_counter(f"{prefix}.requests", "{request}", "Requests that were sent.")
    numbers = meter.create_counter(f"{prefix}.numbers", "{number}", "Numbers that were asked, or known to the store.")
    answers = meter.create_counter(f"{prefix}.answers", "{answer}", "Usable answers.")
    credits_ = meter.create_counter(f"{prefix}.credits", "{credit}", "Credits that were charged.")
    seconds = meter.create_histogram(f"{prefix}.reply.duration", "s", "Seconds until a reply came.")

    def count(reply: Reply) -> None:
        outcome = {"outcome": reply.outcome}
        numbers.add(reply.numbers, outcome)
        answers.add(reply.answers, outcome)
        credits_.add(reply.credits)
        if reply.outcome != "stored":
            requests.add(1, {**outcome, "status": str(reply.status or "none")})
            seconds.record(reply.seconds, {**outcome, "network": reply.lane})

    return count
