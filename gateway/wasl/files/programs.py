"""What runs when it is opened: never sent along, as mail services refuse it anyway."""

import re
import unicodedata

# What Gmail and Outlook block, and what runs on other systems.
_BLOCKED = """
ade adp apk app appinstaller appx appxbundle bash bat cab chm class cmd com command cpl crx csh deb desktop diagcab dll dmg drv
elf ex ex_ exe fish gadget hlp hta img inf ins ipa iso isp jar jnlp js jse ksh lib library-ms lnk mde mjs msc msh msh1 msh2 msi
msix msixbundle msp mst msu nsh ocx osx pif pkg pl ps1 ps1xml ps2 ps2xml psc1 psc2 psm1 py pyc pyw rb reg rpm run scf scr sct
settingcontent-ms sh shb shs so sys theme url vb vbe vbs vhd vhdx vxd wasm webloc ws wsc wsf wsh xbap xll xpi zsh
"""
_EXTENSIONS = frozenset(_BLOCKED.split())
_STARTS = (
    b"MZ",  # Windows and DOS
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",  # Java, and Mach-O for several processors
    b"\xca\xfe\xba\xbf",
    b"\xfe\xed\xfa\xce",  # Mach-O, as the next three
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\0asm",
    b"L\0\0\0\x01\x14\x02\0",  # a Windows shortcut
    b"\xed\xab\xee\xdb",  # RPM
    b"Cr24",  # a browser's extension
    b"ITSF",  # compiled help
    b"FWS",  # Flash, as the next two
    b"CWS",
    b"ZWS",
    b"dex\n",
)
_STARTS_OF_TEXT = (b"#!", b"!<arch>\n")  # scripts; Debian packages and libraries
_CONTROL = re.compile(rb"[\x00-\x08]")  # tells `MZ` from a text that begins so
START = 16
"""Bytes by which a program is known."""


def by_name(name: str) -> bool:
    """Whether a name is that of a program, in any spelling that a system opens as such."""
    plain = unicodedata.normalize("NFKC", name).lower().replace("\0", "")
    last = re.split(r"[/\\]", plain)[-1].partition(":")[0].rstrip(" .")
    return "." in last and last.rpartition(".")[2].strip() in _EXTENSIONS


def by_bytes(content: bytes) -> bool:
    """Whether it begins as a program does."""
    start = content[:START]
    return start.startswith(_STARTS_OF_TEXT) or (start.startswith(_STARTS) and _CONTROL.search(start) is not None)
