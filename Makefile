# Les commandes de Pilotis. « make » sans argument les présente.

SHELL := /bin/sh
PYTHON := .venv/bin/python
export PORT ?= 8000

.DEFAULT_GOAL := aide
.PHONY: aide run test install demo bench lint format verrou

aide: ## présente ces commandes
	@echo "Pilotis — commandes :"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: demo ## lance l'application de démonstration sur http://127.0.0.1:8000/ (PORT=… pour changer)
	@PILOTIS_DEMONSTRATION=1 exec $(PYTHON) scripts/lancer.py

test: ## vérifie le code et lance tous les tests, sur SQLite puis sur PostgreSQL
	@sh scripts/environnement.sh test
	@exec $(PYTHON) scripts/tester.py

install: ## prépare l'environnement Python dans .venv/
	@sh scripts/environnement.sh run
	@echo "L'environnement est prêt."

demo: ## prépare la base de données et les données de démonstration
	@sh scripts/environnement.sh run
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py charger_nomenclatures
	@PILOTIS_DEMONSTRATION=1 $(PYTHON) manage.py charger_demo

bench: ## lance les bancs d'essai de benchmarks/ : des mesures, aucun verdict
	@sh scripts/environnement.sh test
	@for banc in benchmarks/*.py; do [ -e "$$banc" ] || continue; echo "== $$banc"; PYTHONPATH=. $(PYTHON) "$$banc" || exit 1; done

lint: ## vérifie le code sans lancer les tests
	@sh scripts/environnement.sh test
	@exec $(PYTHON) scripts/tester.py --sans-tests

format: ## met le code en forme
	@sh scripts/environnement.sh test
	@$(PYTHON) -m ruff check --fix --quiet . || true
	@$(PYTHON) -m ruff format .

verrou: ## recalcule requirements*.txt à partir de pyproject.toml
	@sh scripts/verrou.sh
