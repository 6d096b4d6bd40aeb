"""A run in a process of its own, made to be killed: says on standard output how many numbers have their answer."""

import sys

import hlrframe


def main(url: str) -> None:
    client = hlrframe.Client("key", "secret", base_url=url)
    report = hlrframe.enrich_file(
        "in.parquet",
        "out.parquet",
        "phone",
        client=client,
        store="answers",
        settings=hlrframe.Settings(batch_size=40, max_requests=20),
        progress=lambda now: print(now.answered + now.cached, flush=True),  # noqa: T201  # what may be killed after
    )
    print(f"credits {report.credits}", flush=True)  # noqa: T201  # the end


if __name__ == "__main__":
    main(sys.argv[1])
