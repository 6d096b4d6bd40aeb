"""A stand-in for Airflow, which is not installed: as much of it as the documents' recipe touches."""

import sys
from types import ModuleType


def install_airflow(monkeypatch):
    """Makes ``airflow`` importable; a task runs when it is called, a DAG when it is."""

    def decorator(**_options):
        return lambda function: function

    sdk, exceptions = ModuleType("airflow.sdk"), ModuleType("airflow.exceptions")
    sdk.dag = sdk.task = decorator
    exceptions.AirflowFailException = type("AirflowFailException", (Exception,), {})
    for module in (ModuleType("airflow"), sdk, exceptions):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return exceptions.AirflowFailException
