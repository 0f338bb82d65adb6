"""Réglages de gunicorn, les mêmes pour la démonstration et pour la production.

Deux processus suffisent à une intercommunalité ; `WEB_CONCURRENCY` en change le nombre.
Sans --bind, le serveur n'écoute que la machine elle-même : un serveur frontal (nginx) parle au dehors.
"""

import os
import threading

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 60
graceful_timeout = 20
# Un processus est renouvelé de temps en temps : la mémoire qu'il a prise est rendue.
max_requests = 2000
max_requests_jitter = 200
loglevel = "warning"
control_socket_disable = True


def when_ready(server):
    adresses = ", ".join(str(adresse) for adresse in server.LISTENERS)
    print(f"Pilotis vous attend sur {adresses}/ (Ctrl-C pour arrêter).", flush=True)


def post_worker_init(worker):
    """Charge de quoi dessiner les graphiques pendant que le processus répond déjà : personne n'attend le premier."""
    from documents.graphiques_toile import preparer

    threading.Thread(target=preparer, name="graphiques").start()


def on_exit(server):
    print("Pilotis est arrêté.", flush=True)
