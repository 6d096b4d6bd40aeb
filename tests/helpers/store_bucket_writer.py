"""A run in a process of its own with a store in a bucket, made to be killed: says what it was told is on disk."""

import sys
from pathlib import Path

from helpers.stores import PAID, answered
from hlrframe.store.journal import Journal
from hlrframe.store.remote import layout_at


def main(endpoint: str, spool: str, count: int) -> None:
    options = {
        "endpoint": endpoint,
        "access_key_id": "key",
        "secret_access_key": "secret",
        "region": "us-east-1",
        "client_options": {"allow_http": True},
    }
    layout = layout_at("s3://bucket/answers", storage_options=options, spool=Path(spool))
    layout.prepare()
    while True:
        with Journal(layout, PAID) as journal:
            for index in range(count):
                msisdn = f"4479{int(journal.run_id[9:20]) % 10**6:06}{index:02}"
                journal.write([answered(msisdn)])
                print(msisdn, flush=True)  # noqa: T201  # the acknowledgement


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
