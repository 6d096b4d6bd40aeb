"""A run in a process of its own, made to be killed: says on standard output how many numbers have their answer."""

import sys

import hlrframe


def main(url: str, rate: float) -> None:
    client = hlrframe.Client("key", "secret", base_url=url)
    settings = hlrframe.Settings(max_per_second=rate or None, batch_size=40)
    report = hlrframe.enrich_file(
        "in.parquet",
        "out.parquet",
        "phone",
        client=client,
        store="answers",
        settings=settings,
        progress=lambda now: print(now.answered + now.cached, flush=True),  # noqa: T201  # what may be killed after
    )
    print(f"credits {report.credits}", flush=True)  # noqa: T201  # the end


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
