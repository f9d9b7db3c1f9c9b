"""A program that starts pywikibot, unmodified, on a running Space, and prints what it reads as JSON.

Arguments: the address of Space, and the words to search for. pywikibot keeps its files in `PYWIKIBOT_DIR`.
"""

import json
import sys

import pywikibot
from pywikibot.family import AutoFamily


def main() -> None:
    base, words = sys.argv[1:]
    site = pywikibot.Site("space", AutoFamily("space", f"{base}/api.php"))
    found = {
        "generator": site.siteinfo["generator"],
        "version": str(site.mw_version),
        "namespaces": sorted(int(each) for each in site.namespaces),
        "user": site.user(),
        "titles": [page.title() for page in site.search(words, total=3)],
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
