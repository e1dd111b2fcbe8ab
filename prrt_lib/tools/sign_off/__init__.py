"""What reviewers have signed: their files checked and merged, against the items of the run."""

from prrt_lib.tools.sign_off.state import Summary, merge, summary, write_items

__all__ = ["Summary", "merge", "summary", "write_items"]
