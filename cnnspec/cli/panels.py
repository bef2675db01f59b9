"""The panels of `--help`: which options are listed together, under which title.

train --help
├── Network    --variant --set --input --plugin      what is built
├── Data       --data --data-dir --validation        what it is trained on
├── Training   --recipe --epochs --lr --seed ...     how
├── Machine    --device --threads --workers          where
├── Output     --out --tensorboard --format          what is written or printed
└── Options    --help                                everything else

cnnspec --help lists the commands in panels in the same way.
"""

from __future__ import annotations

from typer.core import TyperArgument, TyperCommand, TyperOption

# Panels in the order of the help, each with its options in theirs. A command has those of its own options.
PANELS = {
    "Network": "--variant --set --input --arg --layer --weights --plugin",
    "Limits": "--strict --max-params --max-macs --max-memory --min-input",
    "Fixes": "--fix --check --diff --watch",
    "Files": "--root --skip-others --stdin-name",
    "Data": "--data --data-dir --validation --invert",
    "Training": "--recipe --epochs --lr --batch-size --seed --resume --save-every",
    "Points": "--plan --extend --retry-failed",
    "Machine": "--device --threads --workers --jobs --per-gpu --executor --address --storage --heartbeat",
    "Output": "--format --to --full --depth --columns --names "
    "--dtype --top --title --verify --verbose --tensorboard --out",
}
PANEL_OF = {option: panel for panel, options in PANELS.items() for option in options.split()}
COMMANDS = {
    "Write and check": "check fmt lsp explain schema",
    "Inspect": "summary inputs diagram layers zoo recipes sweeps",
    "Convert": "import export",
    "Train and evaluate": "train sweep eval predict features compare report data",
}
COMMAND_PANEL = {name: panel for panel, names in COMMANDS.items() for name in names.split()}
SMALL = 4  # a command with this many options or fewer has a single panel


def in_panels(command: TyperCommand) -> TyperCommand:
    """Assign a panel to each option of a command that has many, and order them by panel. Return the command."""
    options = [param for param in command.params if isinstance(param, TyperOption)]
    if len(options) > SMALL:
        for option in options:
            option.rich_help_panel = next((PANEL_OF[name] for name in option.opts if name in PANEL_OF), None)
        titles = [*PANELS, None]
        options.sort(key=lambda option: titles.index(option.rich_help_panel))
        arguments = [param for param in command.params if isinstance(param, TyperArgument)]
        command.params = [*arguments, *options]
    return command
