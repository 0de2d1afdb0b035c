"""Help in Chinese: commands, groups and errors of usage (中文帮助)."""

from __future__ import annotations

import click

_METAVARS = {"[OPTIONS]": "[选项]", "COMMAND [ARGS]...": "命令 [参数]…"}


class ChineseCommand(click.Command):
    """A command whose help is in Chinese."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Give the option that shows the help.

        Parameters
        ----------
        ctx : click.Context
            The call.

        Returns
        -------
        click.Option or None
            The option, described in Chinese.
        """
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本说明并退出。"
        return option

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Give the pieces of the usage line.

        Parameters
        ----------
        ctx : click.Context
            The call.

        Returns
        -------
        list of str
            In Chinese.
        """
        return [_METAVARS.get(piece, piece) for piece in super().collect_usage_pieces(ctx)]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line.

        Parameters
        ----------
        ctx : click.Context
            The call.
        formatter : click.HelpFormatter
            What it is written with.
        """
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="用法：")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options.

        Parameters
        ----------
        ctx : click.Context
            The call.
        formatter : click.HelpFormatter
            What it is written with.
        """
        rows = [row for row in (parameter.get_help_record(ctx) for parameter in self.get_params(ctx)) if row]
        with formatter.section("选项"):
            formatter.write_dl(rows)


class ChineseGroup(ChineseCommand, click.Group):
    """The group of commands, with its help in Chinese."""

    command_class = ChineseCommand

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options.

        Parameters
        ----------
        ctx : click.Context
            The call.
        formatter : click.HelpFormatter
            What it is written with.
        """
        super().format_options(ctx, formatter)
        commands = [(name, self.commands[name].get_short_help_str(80)) for name in self.commands]
        with formatter.section("命令"):
            formatter.write_dl(commands)


def usage_problem(error: click.UsageError) -> str:
    """Tell a usage error in Chinese (用法错误).

    Parameters
    ----------
    error : click.UsageError
        The error.

    Returns
    -------
    str
        One sentence without its stop.
    """
    match error:
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}"
        case click.MissingParameter():
            return f"缺少 {error.param.make_metavar(error.ctx) if error.param and error.ctx else '参数'}"
        case click.BadParameter():
            return f"参数 {error.param.name if error.param else ''} 的值不对（{error.message}）"
        case _:
            return error.format_message().replace("No such command", "没有命令").rstrip(".")
