"""Scripts that let a shell complete the command line, made from the parser itself."""

import shlex
from argparse import SUPPRESS, Action, ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hlrframe.cli.arguments import build_parser

__all__ = ["completion_script"]

#: What the placeholder of a value stands for.
_FILES: Final = frozenset({"SRC", "DST", "DST_OR_STORE", "FILE"})
_FOLDERS: Final = frozenset({"DIR"})


def completion_script(shell: str) -> str:
    """Gives the script for a shell: ``"bash"``, ``"zsh"`` or ``"fish"``."""
    return _SCRIPTS[shell](list(_commands(build_parser(), "")))


@dataclass(frozen=True, slots=True)
class _Value:
    """What may stand in one place."""

    words: tuple[str, ...] = ()
    files: bool = False
    folders: bool = False


@dataclass(frozen=True, slots=True)
class _Option:
    """One option of a command."""

    names: tuple[str, ...]
    about: str
    #: What follows it; ``None`` where nothing does.
    value: _Value | None


@dataclass(frozen=True, slots=True)
class _Command:
    """One command, or the program itself: what can be typed after it."""

    #: Its words, without the program's name.
    path: str
    options: tuple[_Option, ...]
    #: The commands below it, each with what it does.
    below: Mapping[str, str]
    operand: _Value

    @property
    def parent(self) -> str:
        """The words before its last one."""
        return self.path.rpartition(" ")[0]


def _commands(parser: ArgumentParser, path: str) -> Iterator[_Command]:
    actions = parser._actions  # noqa: SLF001  # argparse has no other way to look at a parser
    options = [
        _Option(tuple(each.option_strings), _about(each), _value_of(each)) for each in actions if each.option_strings
    ]
    nested: Any = next((each for each in actions if isinstance(each.choices, dict)), None)
    below = {} if nested is None else {each.dest: _about(each) for each in nested._get_subactions()}  # noqa: SLF001  # the same
    operands = [_place(each) for each in actions if not each.option_strings and each is not nested]
    yield _Command(path, tuple(options), below, operands[0] if operands else _Value())
    for name in below:
        yield from _commands(nested.choices[name], f"{path} {name}".strip())


def _about(action: Action) -> str:
    return "" if action.help in {None, SUPPRESS} else str(action.help)


def _value_of(action: Action) -> _Value | None:
    return None if action.nargs == 0 else _place(action)


def _place(action: Action) -> _Value:
    words = tuple(map(str, action.choices or ()))
    return _Value(words, action.metavar in _FILES, action.metavar in _FOLDERS)


def _cases(commands: Iterable[_Command], draw: Callable[[_Value], str]) -> Iterator[str]:
    """Draws, for a shell with ``case``, what may follow each option that takes a value."""
    for command in commands:
        for option in command.options:
            if option.value is not None:
                patterns = "|".join(shlex.quote(f"{command.path}:{name}") for name in option.names)
                yield f"    {patterns}) {draw(option.value)}; return ;;"


def _walk(commands: Iterable[_Command]) -> Iterator[str]:
    """Draws how the words that were typed lead to a command."""
    for command in commands:
        if command.path:
            typed = f"{command.parent}/{command.path.rpartition(' ')[2]}"
            yield f"      {shlex.quote(typed)}) command={shlex.quote(command.path)} ;;"


def _bash(commands: list[_Command]) -> str:
    def draw(value: _Value) -> str:
        if value.words:
            return f'COMPREPLY=($(compgen -W {shlex.quote(" ".join(value.words))} -- "$cur"))'
        if value.files or value.folders:
            return f"_hlrframe_paths {'-f' if value.files else '-d'}"
        return ":"

    def offers() -> Iterator[str]:
        for each in commands:
            names = " ".join(name for option in each.options for name in option.names)
            yield f"    {shlex.quote(f'{each.path}:-')}) {draw(_Value((names,)))} ;;"
            words = _Value(tuple(each.below)) if each.below else each.operand
            yield f"    {shlex.quote(f'{each.path}:')}) {draw(words)} ;;"

    return _BASH.format(walk=_lines(_walk(commands)), values=_lines(_cases(commands, draw)), offers=_lines(offers()))


def _zsh(commands: list[_Command]) -> str:
    def draw(value: _Value) -> str:
        if value.words:
            return f"compadd -- {' '.join(map(shlex.quote, value.words))}"
        if value.files or value.folders:
            return "_files" if value.files else "_files -/"
        return "true"

    def offers() -> Iterator[str]:
        for each in commands:
            options = _described((name, option.about) for option in each.options for name in option.names)
            below = f"found=({_described(each.below.items())}); _describe command found"
            yield f"    {shlex.quote(f'{each.path}:-')}) found=({options}); _describe -o option found ;;"
            yield f"    {shlex.quote(f'{each.path}:')}) {below if each.below else draw(each.operand)} ;;"

    return _ZSH.format(walk=_lines(_walk(commands)), values=_lines(_cases(commands, draw)), offers=_lines(offers()))


def _described(words: Iterable[tuple[str, str]]) -> str:
    return " ".join(shlex.quote(f"{name}:{about}") for name, about in words)


def _fish(commands: list[_Command]) -> str:
    def operand(value: _Value) -> str:
        if value.files:
            return " -F"
        return f" -a {_fish_quoted(' '.join(value.words) or '(__fish_complete_directories)')}"

    def draw(value: _Value) -> str:
        if value == _Value():
            return " -x"
        return f" -r{operand(value)}" if value.files else f" -x{operand(value)}"

    def lines() -> Iterator[str]:
        yield "complete -c hlrframe -f"
        for each in commands:
            here = f"complete -c hlrframe -n {_fish_quoted(_fish_condition(each))}"
            for name, about in each.below.items():
                yield f"{here} -a {name} -d {_fish_quoted(about)}"
            if each.operand != _Value():
                yield f"{here}{operand(each.operand)}"
            for option in each.options:
                names = " ".join(
                    f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names
                )
                value = "" if option.value is None else draw(option.value)
                yield f"{here} {names}{value} -d {_fish_quoted(option.about)}"

    return f"# fish completion for hlrframe\n{_lines(lines())}\n"


def _fish_condition(command: _Command) -> str:
    if not command.path:
        return "__fish_use_subcommand"
    seen = [f"__fish_seen_subcommand_from {word}" for word in command.path.split()]
    if command.below:
        seen.append(f"not __fish_seen_subcommand_from {' '.join(command.below)}")
    return "; and ".join(seen)


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


_SCRIPTS: Final[Mapping[str, Callable[[list[_Command]], str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}

_BASH: Final = """\
# bash completion for hlrframe
_hlrframe_paths() {{
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$cur"))
}}

_hlrframe() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} command= kind= i
  COMPREPLY=()
  # bash takes --option=value for three words
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${{COMP_WORDS[COMP_CWORD - 2]}}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command/${{COMP_WORDS[i]}}" in
{walk}
    esac
  done
  case "$command:$prev" in
{values}
  esac
  [[ $cur == -* ]] && kind=-
  case "$command:$kind" in
{offers}
  esac
}}
complete -F _hlrframe hlrframe
"""

_ZSH: Final = """\
#compdef hlrframe
_hlrframe() {{
  local command= i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$command/${{words[i]}}" in
{walk}
    esac
  done
  case "$command:${{words[CURRENT - 1]}}" in
{values}
  esac
  local kind=
  [[ ${{words[CURRENT]}} == -* ]] && kind=-
  case "$command:$kind" in
{offers}
  esac
}}
if [[ ${{funcstack[1]}} == _hlrframe ]]; then _hlrframe "$@"; else compdef _hlrframe hlrframe; fi
"""
