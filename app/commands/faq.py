"""``spandesk faq import|export|list|show|history|publish|withdraw|archive|restore``."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from contextlib import closing

from app.commands.context import read_bot, settings_for
from app.db.faq_answers import FaqUsage
from app.db.faq_store import ImportPlan
from app.dialogue.errors import InvalidInputError
from app.provisioning import Stores, champion_interpreter, open_stores
from app.settings import Settings
from retrieval.duplicates import Duplicate, find_duplicates
from retrieval.embedder import BatchedEmbedder
from retrieval.exporter import faq_yaml
from retrieval.importers.read import FaqFiles, read_faq_files
from retrieval.types import FaqEntry

_ACTOR = "cli"


def run_import(args: argparse.Namespace) -> int:
    """Import FAQ entries; running servers rebuild their index by themselves.

    Exit code 1 when there are mistakes: without ``--skip-broken`` nothing is imported then.
    """
    settings = settings_for(args)
    path = args.path or read_bot(settings).faq_path
    if path is None:
        raise InvalidInputError("got no path, and the bot names no FAQ folder; say which: faq import PATH")
    files = read_faq_files(path)
    if files.mistakes and not _may_go_on(files, skip_broken=args.skip_broken):
        return 1
    with closing(open_stores(settings)) as stores:
        entries = _without_duplicates(files.entries, stores, settings, args)
        plan = stores.faq.plan_import(entries, archive_missing=_archives(args))
        if not args.dry_run:
            plan = stores.faq.import_entries(entries, _ACTOR, archive_missing=_archives(args))
    if args.dry_run:
        _print_plan(plan)
    counts = ", ".join(f"{count} {name.removeprefix('num_')}" for name, count in plan.counts.items())
    print(f"{path}: {counts}{' (dry run, nothing is changed)' if args.dry_run else ''}")
    return int(bool(files.mistakes))


def run_export(args: argparse.Namespace) -> int:
    """Write all entries, drafts and archived ones too, as a YAML file that ``faq import`` reads."""
    with closing(open_stores(settings_for(args))) as stores:
        records = stores.faq.records()
    text = faq_yaml([record.entry for record in records])
    if args.path is None:
        sys.stdout.write(text)
        return 0
    args.path.write_text(text, encoding="utf-8")
    print(f"{args.path}: {len(records)} entries")
    return 0


def run_list(args: argparse.Namespace) -> int:
    """List the entries of one status, or all: how often each answered, and how often that helped."""
    with closing(open_stores(settings_for(args))) as stores:
        records, usage = stores.faq.records(args.status), stores.faq.usage()
    print(f"{'status':9}  {'answers':>7}  {'helpful':>14}  {'id':40}  question")
    for record in records:
        entry = record.entry
        used = usage.get(entry.entry_id, FaqUsage())
        line = (
            f"{entry.status:9}",
            f"{used.num_answers:7}",
            f"{_helpful(used):>14}",
            f"{entry.entry_id:40}",
            entry.question,
        )
        print("  ".join(line))
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Print an entry as YAML, and who made it so."""
    with closing(open_stores(settings_for(args))) as stores:
        record = stores.faq.get(args.entry_id)
    print(f"# version {record.version}, {record.updated_at:%Y-%m-%d %H:%M} UTC by {record.updated_by or '?'}")
    sys.stdout.write(faq_yaml([record.entry]))
    return 0


def run_history(args: argparse.Namespace) -> int:
    """Print what each version changed, newest first."""
    with closing(open_stores(settings_for(args))) as stores:
        versions = stores.faq.history(args.entry_id)
    for place, version in enumerate(versions):
        when = f"{version.recorded_at:%Y-%m-%d %H:%M} UTC"
        print(f"version {version.version}, {when} by {version.recorded_by or '?'}")
        if place + 1 < len(versions):
            _print_difference(versions[place + 1].entry, version.entry)
    return 0


def run_status(args: argparse.Namespace) -> int:
    """Publish an entry, archive it, or take it back as a draft."""
    with closing(open_stores(settings_for(args))) as stores:
        record = stores.faq.set_status(args.entry_id, args.status, _ACTOR)
    print(f"{record.entry.entry_id}: {record.entry.status}, version {record.version}")
    return 0


def run_restore(args: argparse.Namespace) -> int:
    """Make an earlier version the newest."""
    with closing(open_stores(settings_for(args))) as stores:
        record = stores.faq.restore(args.entry_id, args.version, _ACTOR)
    print(f"{record.entry.entry_id}: version {args.version} is version {record.version} now")
    return 0


def _helpful(usage: FaqUsage) -> str:
    """Write the share of the rated answers that helped, with how many were rated."""
    if usage.helpful_share is None:
        return "-"
    return f"{usage.helpful_share:.0%} of {usage.num_helpful + usage.num_unhelpful}"


def _may_go_on(files: FaqFiles, *, skip_broken: bool) -> bool:
    for mistake in files.mistakes:
        print(mistake, file=sys.stderr)
    if not skip_broken:
        remedy = "mend them, or import the rest with --skip-broken"
        print(f"{len(files.mistakes)} mistakes, nothing was imported; {remedy}", file=sys.stderr)
    return skip_broken


def _archives(args: argparse.Namespace) -> bool:
    """Say whether what the import lacks is archived: the bot's own folder is whole, another path is not."""
    return args.path is None or bool(args.archive_missing)


def _without_duplicates(
    entries: Sequence[FaqEntry], stores: Stores, settings: Settings, args: argparse.Namespace
) -> list[FaqEntry]:
    """Leave out what is stored already under another id, and say so."""
    if args.keep_duplicates or args.path is None:
        return list(entries)
    interpreter = champion_interpreter(stores, settings, read_bot(settings))
    stored = [record.entry for record in stores.faq.records() if record.entry.status != "archived"]
    duplicates = find_duplicates(entries, stored, BatchedEmbedder(interpreter.embed))
    for duplicate in duplicates:
        print(_duplicate_line(duplicate), file=sys.stderr)
    if duplicates:
        print("duplicates are left out; import them with --keep-duplicates", file=sys.stderr)
    left_out = {duplicate.entry_id for duplicate in duplicates}
    return [entry for entry in entries if entry.entry_id not in left_out]


def _duplicate_line(duplicate: Duplicate) -> str:
    how = duplicate.kind if duplicate.is_exact else f"{duplicate.kind}, cosine {duplicate.similarity:.2f}"
    return f"{duplicate.entry_id}: like {duplicate.other_id} ({how})"


def _print_plan(plan: ImportPlan) -> None:
    for entry in plan.added:
        print(f"add {entry.entry_id}: {entry.question}")
    for before, after in plan.changed:
        print(f"change {after.entry_id}")
        _print_difference(before, after)
    for entry in plan.archived:
        print(f"archive {entry.entry_id}: {entry.question}")


def _print_difference(before: FaqEntry, after: FaqEntry) -> None:
    old, new = (faq_yaml([entry]).splitlines() for entry in (before, after))
    for line in list(difflib.unified_diff(old, new, n=0, lineterm=""))[2:]:
        if not line.startswith("@@"):
            print(f"  {line}")
