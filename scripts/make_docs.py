"""Writes the parts of docs/ that are read from the code: run it after changing an error, a command, a setting, ...

    python scripts/make_docs.py            write
    python scripts/make_docs.py --check    exit with 1 and name the pages that are out of date

A page holds ``<!-- generated: NAME -->`` and ``<!-- end -->``; what is between them comes from the function of that
name in ``reference.pages.BLOCKS``, in Chinese for pages under docs/zh. Everything else on a page is written by hand.
"""

from __future__ import annotations

import sys

from reference.pages import ROOT, pages, rendered


def main(arguments: list[str]) -> int:
    stale = [(page, text) for page in pages() if (text := rendered(page)) != page.read_text(encoding="utf-8")]
    for page, text in stale:
        if "--check" in arguments:
            print(f"out of date: {page.relative_to(ROOT)}")
        else:
            page.write_text(text, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
