"""The licence ids of SPDX that are met in practice; another one stands in the SBOM by its name.

Source: https://spdx.org/licenses/
"""

_TEXT = """
    0BSD AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-2.0 BSD-2-Clause
    BSD-3-Clause BSD-4-Clause BSL-1.0 BlueOak-1.0.0 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0
    EPL-1.0 EPL-2.0 FTL GFDL-1.1-or-later GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3-only GFDL-1.3-or-later
    GPL-1.0-only GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ICU ISC
    LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later Libpng MIT MIT-0
    MIT-CMU MPL-1.1 MPL-2.0 NCSA OFL-1.1 OpenSSL PSF-2.0 Python-2.0 Python-2.0.1 Sleepycat Unicode-3.0 Unlicense
    Vim W3C WTFPL X11 ZPL-2.1 Zlib bzip2-1.0.6 curl
"""
IDS = frozenset(_TEXT.split())
