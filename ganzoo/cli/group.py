"""The group of all commands: imports them when used, prints errors, adds plugins' commands."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from ganzoo.cli.advice import command_meant, option_meant, quotes_meant
from ganzoo.cli.core_commands import CORE, import_command, list_briefly
from ganzoo.errors import (
    GanzooError,
    RecipeError,
    compiler_failure,
    did_you_mean,
    first_line,
    reason,
)
from ganzoo.inference.short_memory import memory_is_short
from ganzoo.launch.worker import STOPPED, launcher, report
from ganzoo.printing.text import say, visible
from ganzoo.registry.discovery import Plugin, hooks_of, installed


class Commands(TyperGroup):
    """The core's commands; plugins' commands are loaded when a command is not of the core."""

    plugins_asked = False
    line: Sequence[str] = ()  # the words of the command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Let `--debug` stand anywhere on the line."""
        if "--debug" in args:
            args = ["--debug", *(argument for argument in args if argument != "--debug")]
        self.line = list(args)
        with _usage_visible():
            return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """The core's commands in their order, then plugins' commands, then groups of commands."""
        self._ask_plugins()
        theirs = [name for name in self.commands if name not in CORE]
        return [
            *CORE,
            *sorted(theirs, key=lambda name: isinstance(self.commands[name], TyperGroup)),
        ]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by name; plugins are loaded only if the core has no such command."""
        if cmd_name in CORE and cmd_name not in self.commands:
            self.add_command(import_command(cmd_name), cmd_name)
        elif cmd_name not in CORE:
            self._ask_plugins()
        return self.commands.get(cmd_name)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; for a mistake of the user, print one message and exit with code 2."""
        try:
            with _usage_visible(), self._advising():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(STOPPED) from None
        except Exception as error:
            mistake = _describe_mistake(error)
            if mistake is None:
                raise
            if launcher():
                report(mistake)
                raise typer.Exit(2) from None
            if ctx.params.get("debug"):
                say(traceback.format_exc(), err=True, end="")
            say(mistake if isinstance(mistake, RecipeError) else f"ganzoo: {mistake}", err=True)
            raise typer.Exit(2) from None

    @contextmanager
    def _advising(self) -> Iterator[None]:
        """Add to typer's message what a wrong command line may have meant."""
        try:
            yield
        except Exception as error:
            self._advise(error)
            raise

    def _advise(self, error: Any) -> None:
        message = getattr(error, "message", "")
        if getattr(error, "option_name", "") and hasattr(error, "possibilities"):
            known = [word for param in error.ctx.command.params for word in param.opts]
            said = option_meant(error.option_name, self.line, known)
            error.message, error.possibilities = f"{message}.{said}", None
        elif extra := re.fullmatch(r"Got unexpected extra argument\(s\) \((.*)\)", message):
            known = [word for param in error.ctx.command.params for word in param.opts]
            said = quotes_meant(self.line, extra[1], known)
            error.message = f"{message}.{said}"
        elif wrong := re.fullmatch(r"Value error, ((.*) is not one of (.*)\.)", message, re.DOTALL):
            known, word = re.findall(r"'(.*?)'", wrong[3]), wrong[2].strip("'\"")
            error.message = f"{wrong[1]}{did_you_mean(word, known)}"
        elif name := re.fullmatch(r"No such command '(.*?)'\..*", message):
            known = error.ctx.command.list_commands(error.ctx)
            error.message = f"No such command '{name[1]}'.{command_meant(name[1], known)}"

    def get_help(self, ctx: Any) -> str:
        """The page of help, including the commands of plugins."""
        return visible(super().get_help(ctx))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List all commands on the page of help; none of the core is imported for that."""
        self._ask_plugins()
        usable, self.commands = self.commands, {**self.commands, **list_briefly()}
        super().format_commands(ctx, formatter)
        self.commands = usable

    def _ask_plugins(self) -> None:
        if self.plugins_asked:
            return
        self.plugins_asked = True
        for plugin, module in installed().modules:
            if not hasattr(module, "register_commands"):
                continue
            try:
                self._add(plugin, module)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                _warn(plugin, f"cannot add its commands ({reason(error)})")

    def _add(self, plugin: Plugin, module: Any) -> None:
        """Add a plugin's commands; warn of one whose name is taken, and leave it out."""
        theirs = typer.Typer(rich_markup_mode=None, add_completion=False)
        hooks_of(module, plugin.name).register_commands(app=theirs)
        for name, command in typer.main.get_group(theirs).commands.items():
            if name in CORE or name in self.commands:
                _warn(plugin, f"cannot add a command '{name}': there is one already")
            else:
                self.add_command(command, name)


@contextmanager
def _usage_visible() -> Iterator[None]:
    """Make control characters visible in typer's messages, which may quote names of files."""
    try:
        yield
    except Exception as error:
        if hasattr(error, "format_message"):
            said = visible(error.format_message())
            error.format_message = lambda: said
        raise


def _describe_mistake(error: Exception) -> GanzooError | None:
    """The sentence about a mistake of the user; None for a fault of the program."""
    if isinstance(error, GanzooError):
        return error
    if memory_is_short(error):
        cause = (
            f"memory is too short ({first_line(error):.160}); smaller batches, images and networks "
            "need less (train.batch_size, data.size, width)"
        )
    elif why := compiler_failure(error):
        cause = f"torch cannot compile the networks ({why}); train.compile = false does without"
    else:
        return None
    return GanzooError("\n  ".join([cause, *getattr(error, "__notes__", ())]))


def _warn(plugin: Plugin, message: str) -> None:
    say(f"ganzoo: plugin '{plugin.name}' ({plugin.package}) {message}", err=True)
