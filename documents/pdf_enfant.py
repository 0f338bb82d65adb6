"""The process that makes a PDF: `python -m documents.pdf_enfant`, a JSON order on stdin, the PDF on stdout.

Apart from the server because the layout takes seconds, shares badly between threads, and never gives its
memory back. Nothing is loaded but our fonts and what the HTML carries itself (data:).
"""

from __future__ import annotations

import base64
import faulthandler
import gc
import json
import os
import resource
import sys
from datetime import datetime
from typing import Any

# 3000 actions take 1.3 GB; an address space is larger than what is used of it
MEMOIRE_MAX = 4 << 30

_RDF = 'rdf:parseType="Resource"'
# PDF/UA is declared beside PDF/A, with the extension schema that PDF/A asks for: WeasyPrint knows one at once
_XMP_UA = (
    '<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
    "<pdfuaid:part>1</pdfuaid:part></rdf:Description>"
    '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    f"<pdfaExtension:schemas><rdf:Bag><rdf:li {_RDF}>"
    "<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>"
    "<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    "<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    f"<pdfaSchema:property><rdf:Seq><rdf:li {_RDF}>"
    "<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    "<pdfaProperty:category>internal</pdfaProperty:category>"
    "<pdfaProperty:description>PDF/UA version</pdfaProperty:description>"
    "</rdf:li></rdf:Seq></pdfaSchema:property>"
    "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
).encode()


def declarer_pdf_ua(_document: Any, pdf: Any) -> None:
    """WeasyPrint finisher: add the PDF/UA identification to the XMP metadata of a PDF/A."""
    for objet in pdf.objects:
        if getattr(objet, "extra", None) and objet.extra.get("Type") == "/Metadata":
            objet.stream[0] = objet.stream[0].replace(b"</rdf:RDF>", _XMP_UA + b"</rdf:RDF>", 1)


def composer(commande: dict[str, Any]) -> bytes:
    """Return the PDF/A-3a and PDF/UA-1 of {"html": …, "pieces": [{nom, description, contenu, date}]}."""
    from weasyprint import HTML, Attachment
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    from documents.polices import DOSSIER, FICHIERS, PROTOCOLE

    class Chargeur(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            protocole, _, nom = url.partition(":")
            if protocole == PROTOCOLE and nom in FICHIERS.values():
                return URLFetcherResponse(url, (DOSSIER / nom).read_bytes(), {"Content-Type": "font/woff2"})
            return super().fetch(url, headers)

    pieces = [
        Attachment(
            string=base64.b64decode(piece["contenu"]),
            name=piece["nom"],
            description=piece["description"],
            relationship="Data",
            created=datetime.fromisoformat(piece["date"]),
            modified=datetime.fromisoformat(piece["date"]),
        )
        for piece in commande.get("pieces", ())
    ]
    html = HTML(string=commande["html"], url_fetcher=Chargeur(allowed_protocols=["data"]))
    return html.write_pdf(pdf_variant="pdf/a-3a", finisher=achever, attachments=pieces)


def achever(document: Any, pdf: Any) -> None:
    """WeasyPrint finisher: what a PDF/UA says and WeasyPrint does not."""
    from documents.pdf_tableaux import preciser_les_tableaux

    declarer_pdf_ua(document, pdf)
    preciser_les_tableaux(document, pdf)


def principal() -> int:
    """Read the order, write the PDF, return the exit code."""
    # a library in C that falls says where
    faulthandler.enable()
    commande = json.load(sys.stdin.buffer)
    duree = int(commande.get("delai", 300))
    resource.setrlimit(resource.RLIMIT_AS, (MEMOIRE_MAX, MEMOIRE_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (duree, duree))
    # short-lived process: the collector only costs time (a quarter of it on a long annex)
    gc.set_threshold(50_000, 50, 50)
    sys.stdout.buffer.write(composer(commande))
    return 0


if __name__ == "__main__":
    CODE = principal()
    sys.stdout.flush()
    # without the farewells of the interpreter: Pango's own threads may still read the fonts that these would free
    os._exit(CODE)
