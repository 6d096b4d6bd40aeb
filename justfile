# Verbs of this repository: `just VERB`. Each is one plain command, so that it can also be typed.

# List the verbs
default:
    @just --list

# Make the environment that the lock file describes
setup:
    uv sync --frozen

# Run the tests, as many at a time as there are cores; arguments go to pytest, such as -n0 for one at a time
test *arguments:
    uv run --frozen pytest {{ arguments }}

# Format, and mend what can be mended
lint:
    uv run --frozen ruff format .
    uv run --frozen ruff check --fix .

# Check the types
types:
    uv run --frozen mypy

# Print the figures of one benchmark, such as `just bench bench_msisdn`
bench name:
    uv run --frozen --group bench python tests/benchmarks/{{ name }}.py

# Make the sample data again
samples:
    uv run --frozen python sample_data/make_contacts.py

# Make the notebooks from their scripts, without outputs
notebooks:
    uv run --frozen jupytext --quiet --to ipynb notebooks/*.py

# Make the page of commands from the help, and the site of the documents in site/
site:
    uv run --frozen python docs/make_commands.py
    uv run --frozen mkdocs build --strict

# Check the last commit from nothing, as the server does
ci:
    .ci/run
