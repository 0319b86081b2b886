"""The checker: walks a ledger, and what providers saw, and finds every broken promise (DESIGN.md section 3).

Each check is a small pure function whose docstring begins with the number of its promise. It only reads, also beside a running
server: what is under way is as legal as what has ended.
"""

from wasl.verifying.judging import Finding
from wasl.verifying.sends import Illegible
from wasl.verifying.verify import Evidence, Report, verify

__all__ = ["Evidence", "Finding", "Illegible", "Report", "verify"]
