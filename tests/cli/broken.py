"""Commands that fail in ways that no command of ours should."""

import errno

import click


@click.command()
def bug_command() -> None:
    """Divides by zero."""
    click.echo(1 / 0)


@click.command()
def interrupted_command() -> None:
    """Is interrupted at the keyboard."""
    raise KeyboardInterrupt


@click.command()
def unread_command() -> None:
    """Writes to a pipe that nobody reads any more."""
    raise BrokenPipeError(errno.EPIPE, "Broken pipe")
