"""Commands that speak French: a refusal is a sentence and a code, never a traceback.

Codes (conception.md §5): 0 success, 1 the data is refused, 2 wrong use.
"""

import re
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import DatabaseError

REFUSE, MAUVAIS_USAGE, INTERROMPU = 1, 2, 130

# What argparse says in English, and what we say.
MESSAGES = (
    (r"unrecognized arguments: (.+)", r"Argument inconnu : \1."),
    (r"the following arguments are required: (.+)", r"Il manque : \1."),
    (r"argument ([^:]+): expected one argument", r"L'option \1 attend une valeur."),
    (r"argument ([^:]+): not allowed with argument (.+)", r"Les options \1 et \2 ne vont pas ensemble."),
    (r"argument ([^:]+): ignored explicit argument (.+)", r"L'option \1 n'attend pas de valeur."),
    (r"argument ([^:]+): invalid (?:\w+ value|choice): ('[^']*'|\S+).*", r"L'option \1 n'accepte pas \2."),
)
AIDE = {
    "usage:": "Utilisation :",
    "positional arguments:": "Arguments :",
    "options:": "Options :",
}


class Refus(Exception):
    """What was asked cannot be done: a sentence in French, and the code that the command returns."""

    def __init__(self, phrase: str, code: int = MAUVAIS_USAGE) -> None:
        super().__init__(phrase)
        self.code = code


class Analyseur(CommandParser):
    """A command line whose help and refusals are in French; options are written in full."""

    def __init__(self, **options: Any) -> None:
        super().__init__(add_help=False, allow_abbrev=False, **options)
        self.add_argument("-h", "--help", "--aide", action="help", help="montre cette aide")

    def format_help(self) -> str:
        """Return the help, its headings in French."""
        aide = super().format_help()
        for anglais, francais in AIDE.items():
            aide = aide.replace(anglais, francais)
        return aide

    def error(self, message: str) -> NoReturn:
        """Print a sentence and leave with the code of a wrong use; raise CommandError from a program."""
        for anglais, francais in MESSAGES:
            if re.fullmatch(anglais, message):
                message = re.sub(anglais, francais, message)
                break
        if not self.called_from_command_line:
            raise CommandError(message, returncode=MAUVAIS_USAGE)
        self.exit(MAUVAIS_USAGE, f"{message}\nAide : {self.prog} --aide\n")


class Commande(BaseCommand):
    """A command of Pilotis: `executer` does the work and raises `Refus` when it cannot."""

    # what is wrong elsewhere in the installation is not said here
    requires_system_checks = []
    suppressed_base_arguments = {
        "--version",
        "-v",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "--force-color",
    }

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """Return a parser that speaks French, with Django's own options left out of its help."""
        analyseur = Analyseur(
            prog=f"manage.py {subcommand}",
            description=self.help,
            formatter_class=DjangoHelpFormatter,
            called_from_command_line=getattr(self, "_called_from_command_line", False),
            **options,
        )
        self.add_base_argument(analyseur, "-v", "--verbosity", default=1, type=int, choices=[0, 1, 2, 3])
        self.add_base_argument(analyseur, "--settings")
        self.add_base_argument(analyseur, "--pythonpath")
        self.add_base_argument(analyseur, "--traceback", action="store_true")
        self.add_base_argument(analyseur, "--no-color", action="store_true")
        self.add_base_argument(analyseur, "--force-color", action="store_true")
        self.add_arguments(analyseur)
        return analyseur

    def executer(self, options: dict[str, Any]) -> None:
        """Do what the command is for. Raises Refus."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command; leave with the code of its refusal, the sentence on the standard error."""
        try:
            self.executer(options)
        except Refus as refus:
            self.stderr.write(str(refus))
            sys.exit(refus.code)
        except KeyboardInterrupt:
            self.stderr.write("Interrompu.")
            sys.exit(INTERROMPU)
        except DatabaseError as erreur:
            self.stderr.write(
                "La base de données ne répond pas, ou n'est pas à jour. Lancez « manage.py migrate », puis "
                f"recommencez. ({erreur})"
            )
            sys.exit(REFUSE)
