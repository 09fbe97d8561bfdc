"""Tells what a publish is going to do, and how far it is, in the words of a run."""

from __future__ import annotations

from pipeline.report import WAIT, Detail, PlannedChange, Reporter, TransferProgress
from pipeline.storage.execute import Progress
from pipeline.storage.plan import Plan
from pipeline.storage.protocol import ObjectStore


def tell_plan(plan: Plan, store: ObjectStore, reporter: Reporter) -> None:
    """Every object that something becomes of; the others are counted in the end."""
    for upload in plan.uploads:
        reporter.tell(PlannedChange("upload", upload.wanted.key, upload.wanted.size, upload.reason))
    for delete in (*plan.withdrawals, *plan.hidden, *plan.deletes):
        reporter.tell(PlannedChange("delete", delete.key, delete.size, delete.reason))
    for waiting in plan.waiting:
        reporter.tell(PlannedChange(WAIT, waiting.key, 0, waiting.reason))
    if plan.strangers:
        message = f"{plan.strangers} objects that Aftertalk did not put there are left alone"
        reporter.tell(Detail(store.address, "publish", message))


def tell_progress(progress: Progress, reporter: Reporter) -> None:
    """How far the uploads are."""
    reporter.tell(TransferProgress(progress.done_bytes, progress.total_bytes))
