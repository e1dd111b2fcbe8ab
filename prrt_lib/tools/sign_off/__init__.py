"""What reviewers have signed: their files checked and merged, against the items of the run."""

from prrt_lib.tools.sign_off.items import write_items
from prrt_lib.tools.sign_off.merging import merge
from prrt_lib.tools.sign_off.state import Summary, summary

__all__ = ["Summary", "merge", "summary", "write_items"]
