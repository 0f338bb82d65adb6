"""Driving a page as a person does: with the pointer, or with the keyboard alone.

Both say the same words, so that one journey is told once and driven twice.
"""

from typing import Any

from playwright.sync_api import Locator, Page, expect

# More stops than any page has: beyond, the element cannot be reached.
ARRETS = 400


class Souris:
    """A pointer, or a finger."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def activer(self, element: Locator) -> None:
        """Press a button or follow a link."""
        element.click()

    def ecrire(self, champ: Locator, texte: str) -> None:
        """Replace what stands in a field by `texte`."""
        champ.fill(texte)

    def cocher(self, choix: Locator) -> None:
        """Choose a radio button or tick a box."""
        choix.check()


class Clavier:
    """No pointer: Tab to reach, Enter or Space to act, arrows between radio buttons."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def activer(self, element: Locator) -> None:
        self._atteindre(element)
        self.page.keyboard.press("Enter")

    def ecrire(self, champ: Locator, texte: str) -> None:
        self._atteindre(champ)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(texte)
        expect(champ).to_have_value(texte)

    def cocher(self, choix: Locator) -> None:
        if choix.get_attribute("type") == "checkbox":
            self._atteindre(choix)
            if not choix.is_checked():
                self.page.keyboard.press("Space")
        else:
            self._choisir(choix)
        expect(choix).to_be_checked()

    def _choisir(self, choix: Locator) -> None:
        """Radio buttons are one stop: reach any of the group, then go round with the arrows."""
        nom = choix.get_attribute("name")
        self._tabuler(f"document.activeElement.name === {nom!r}")
        self.page.keyboard.press("Space")
        for _ in range(20):
            if choix.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"Le choix « {choix} » ne s'atteint pas avec les flèches.")

    def _atteindre(self, element: Locator) -> None:
        expect(element).to_be_visible()
        poignee: Any = element.element_handle()
        for _ in range(ARRETS):
            if poignee.evaluate("e => document.activeElement === e"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"« {element} » ne s'atteint pas au clavier.")

    def _tabuler(self, condition: str) -> None:
        for _ in range(ARRETS):
            if self.page.evaluate(condition):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Aucun arrêt où {condition}.")
