"""The command line ``spandesk``: argument parsing only.

Every subcommand names the function that does its work as ``module:function``; the module is imported when the
command runs, so that ``--help`` answers at once and a migration never loads torch.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias, cast

Run = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; give its exit code. A named error is one line on standard error and code 1."""
    parser = build_parser()
    args = parser.parse_args(argv)
    module, function = str(args.run).split(":")
    run = cast(Run, getattr(importlib.import_module(module), function))
    try:
        return run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141
    except Exception as error:
        if not _is_named(error):
            raise
        print(f"spandesk: {error}", file=sys.stderr)
        return 1


def build_parser() -> argparse.ArgumentParser:
    """Describe all commands."""
    parser = argparse.ArgumentParser(
        prog="spandesk",
        description="A customer-service chatbot that understands with fine-tuned span encoders.",
        epilog="Settings are environment variables SPANDESK_…, see docs/settings.md.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_service_commands(commands)
    _add_model_commands(commands)
    _add_bot_commands(commands)
    _add_store_commands(commands)
    _add_faq_commands(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add(commands: Commands, name: str, run: str, help_text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text)
    parser.set_defaults(run=f"app.commands.{run}")
    return parser


def _add_bot_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bot", type=Path, metavar="DIR", help="bot project (default: SPANDESK_BOT)")


def _add_group(commands: Commands, name: str, help_text: str) -> Commands:
    parser = commands.add_parser(name, help=help_text, description=help_text)
    return parser.add_subparsers(title="commands", required=True, metavar="COMMAND")


def _add_service_commands(commands: Commands) -> None:
    serve = _add(commands, "serve", "serve:run", "serve the bot, its pages and its API")
    _add_bot_option(serve)
    serve.add_argument("--host", help="address to bind (default: SPANDESK_HOST, 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to bind (default: SPANDESK_PORT, 8000)")
    actions = _add(
        commands, "actions", "actions:run", "serve the bot's custom actions by rasa-sdk's protocol"
    )
    _add_bot_option(actions)
    actions.add_argument("--host", help="address to bind (default: 127.0.0.1)")
    actions.add_argument("--port", type=int, help="port to bind (default: 5055)")
    actions.add_argument("--token", help="token that callers must send (default: SPANDESK_ACTION_TOKEN)")
    worker = _add(commands, "worker", "worker:run", "run background jobs (retraining)")
    _add_bot_option(worker)


def _add_model_commands(commands: Commands) -> None:
    train = _add(commands, "train", "train:run", "train a model bundle from the bot's data")
    _add_bot_option(train)
    train.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="training configuration (default: the bot's training.toml)",
    )
    train.add_argument(
        "--out", type=Path, metavar="DIR", help="where the bundle goes (default: the registry)"
    )
    train.add_argument(
        "--unlabelled",
        type=Path,
        metavar="FILE",
        help="utterances without annotations, one per line; intents are learnt from them too (default: the "
        "bot's unlabelled.txt)",
    )
    train.add_argument("--resume", action="store_true", help="go on with a run that was killed")
    train.add_argument("--stories-only", action="store_true", help="train only what learns from the stories")
    _add_reader_command(train)
    retrain = _add(
        commands, "retrain", "retrain:run", "retrain from bot data and corrections, compare, promote"
    )
    _add_bot_option(retrain)
    retrain.add_argument("--no-wait", action="store_true", help="queue the job and return")
    evaluate = _add(
        commands, "evaluate", "evaluate:run", "measure the model in service on annotated examples"
    )
    _add_bot_option(evaluate)
    evaluate.add_argument("--data", type=Path, metavar="FILE", help="NLU file (default: the held-out split)")
    evaluate.add_argument("--bundle", type=Path, metavar="DIR", help="another bundle than the champion")
    evaluate.add_argument("--before", type=Path, metavar="DIR", help="a bundle to compare with")
    evaluate.add_argument(
        "--report", type=Path, metavar="DIR", help="write report.json and report.html there"
    )
    evaluate.add_argument("--json", action="store_true", help="print the whole report as JSON")
    models = _add_group(commands, "models", "list, promote and roll back model bundles")
    _add_bot_option(_add(models, "list", "models:run_list", "list the bundles, newest first"))
    promote = _add(models, "promote", "models:run_promote", "put a bundle in service")
    promote.add_argument("bundle_id")
    _add(models, "rollback", "models:run_rollback", "put the bundle before the present one in service")


def _add_reader_command(train: argparse.ArgumentParser) -> None:
    kinds = train.add_subparsers(title="other models", metavar="KIND")
    reader = _add(kinds, "reader", "train_reader:run", "train the reader, which marks answers in passages")
    reader.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="PATH",
        help="questions with passages: SQuAD's JSON, YAML, or folders of them",
    )
    reader.add_argument("--config", type=Path, metavar="FILE", help="training configuration")
    reader.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the reader goes")
    after_kill = reader.add_mutually_exclusive_group()
    after_kill.add_argument("--resume", action="store_true", help="go on with a run that was killed")
    after_kill.add_argument(
        "--finish", action="store_true", help="take the best epoch of a run that was killed"
    )


def _add_bot_commands(commands: Commands) -> None:
    parse = _add(commands, "parse", "parse:run", "print what the bot understands, as JSON")
    _add_bot_option(parse)
    parse.add_argument("text", metavar="TEXT")
    validate = _add(commands, "validate", "validate:run", "name every mistake in the bot's files")
    _add_bot_option(validate)
    chat = _add(commands, "chat", "chat:run", "chat with the bot in the terminal")
    _add_bot_option(chat)
    _add_test_command(commands)


def _add_test_command(commands: Commands) -> None:
    test = _add(commands, "test", "test:run", "run the bot's test stories; exit code 1 if any is not correct")
    _add_bot_option(test)
    test.add_argument("--bundle", type=Path, metavar="DIR", help="another bundle than the champion")
    test.add_argument(
        "--stories",
        type=Path,
        metavar="PATH",
        help="file or folder of test stories (default: the bot's tests/ and data/test_*.yml)",
    )
    mode = test.add_mutually_exclusive_group()
    mode.add_argument(
        "--live",
        dest="mode",
        action="store_const",
        const="live",
        help="hold the conversations with real actions (default if spandesk.yml says 'tests: live')",
    )
    mode.add_argument(
        "--as-rasa",
        dest="mode",
        action="store_const",
        const="rasa",
        help="compare predictions step by step, without actions, as rasa test does (otherwise the default)",
    )
    test.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where the report goes (default: results; with --live none is written)",
    )
    test.add_argument(
        "--successes", action="store_true", help="write the correct stories into the report too"
    )
    test.add_argument(
        "--fail-on-prediction-errors", action="store_true", help="stop at the first story that is not correct"
    )


def _add_store_commands(commands: Commands) -> None:
    index = _add_group(commands, "index", "build and search the FAQ index")
    _add_bot_option(
        _add(index, "build", "index:run_build", "build the index from the FAQ entries in the database")
    )
    search = _add(index, "search", "index:run_search", "search the FAQ and explain each hit")
    _add_bot_option(search)
    search.add_argument("question", metavar="QUESTION")
    search.add_argument("--top", type=int, default=5, metavar="N", help="number of hits (default: 5)")
    search.add_argument(
        "--after", action="append", default=[], metavar="TEXT", help="what was said before; the latest first"
    )
    search.add_argument("--tag", action="append", default=[], help="only entries with this tag; repeatable")
    search.add_argument("--language", help="only entries of this language, such as en or en-GB")
    search.add_argument("--day", type=date.fromisoformat, help="entries valid on this day (default: today)")
    db = _add_group(commands, "db", "manage the database")
    _add(db, "upgrade", "db:run_upgrade", "bring the database to the present schema")
    user = _add_group(commands, "user", "manage agents and operators")
    user_add = _add(user, "add", "user:run_add", "add an agent or operator; the password is asked for")
    user_add.add_argument("name")
    user_add.add_argument("--role", choices=["agent", "operator"], default="agent")
    user_add.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )


def _add_faq_commands(commands: Commands) -> None:
    faq = _add_group(commands, "faq", "manage the FAQ entries")
    read = _add(faq, "import", "faq:run_import", "import FAQ entries: YAML, CSV, Markdown and HTML files")
    _add_bot_option(read)
    read.add_argument("path", nargs="?", type=Path, help="file or folder (default: the bot's faq/)")
    for option, help_text in (
        ("--dry-run", "show what would change, and change nothing"),
        ("--skip-broken", "import what has no mistakes"),
        ("--keep-duplicates", "import entries too that are stored under another id"),
        ("--archive-missing", "archive imported entries that PATH lacks (always, for the bot's faq/)"),
    ):
        read.add_argument(option, action="store_true", help=help_text)
    export = _add(faq, "export", "faq:run_export", "write all entries as a YAML file")
    export.add_argument("path", nargs="?", type=Path, metavar="FILE", help="default: standard output")
    listed = _add(faq, "list", "faq:run_list", "list the entries")
    listed.add_argument("--status", choices=["draft", "published", "archived"])
    for name, run, help_text in (
        ("show", "faq:run_show", "print an entry"),
        ("history", "faq:run_history", "print every version of an entry, and who made it"),
    ):
        _add(faq, name, run, help_text).add_argument("entry_id", metavar="ID")
    for name, status, help_text in (
        ("publish", "published", "let an entry answer"),
        ("withdraw", "draft", "make an entry a draft again"),
        ("archive", "archived", "put an entry away"),
    ):
        change = _add(faq, name, "faq:run_status", help_text)
        change.add_argument("entry_id", metavar="ID")
        change.set_defaults(status=status)
    restore = _add(faq, "restore", "faq:run_restore", "make an earlier version of an entry the newest")
    restore.add_argument("entry_id", metavar="ID")
    restore.add_argument("version", type=int, metavar="VERSION")


def _is_named(error: Exception) -> bool:
    """Say whether this error explains itself to the person at the terminal."""
    named = {
        ("app.dialogue.errors", "ChatbotError"),
        ("nlu.checkpoint", "CheckpointError"),
        ("nlu.data.squad", "ReadingDataError"),
        ("nlu.data.yaml_source", "SourceError"),
        ("nlu.finetuning.method", "FinetuningError"),
        ("nlu.labels", "LabelError"),
        ("nlu.patterns", "PatternError"),
        ("app.storyteller.train", "NoStoriesError"),
        ("nlu.training.config", "ConfigError"),
        ("nlu.training.reader", "ReaderTrainingError"),
        ("retrieval.index", "IndexMismatchError"),
        ("retrieval.snapshot", "SnapshotError"),
        ("app.db.migrate", "MigrationError"),
        ("pydantic_core._pydantic_core", "ValidationError"),
    }
    return any((cls.__module__, cls.__name__) in named for cls in type(error).__mro__)


if __name__ == "__main__":
    sys.exit(main())
