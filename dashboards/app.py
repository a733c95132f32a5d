"""What ``streamlit run`` is given: all code of the pages is loaded once, then a page is drawn.

The server runs this file anew, in a thread of its own, for every session and every click. Two of
them that import the same libraries at once can be handed a half-loaded module (Python breaks the
deadlock of two import locks that way; pydicom's modules import one another), and the page fails.
So one thread loads everything, and the others wait for it.
"""

from collections.abc import Callable

import streamlit as st


@st.cache_resource(show_spinner=False)  # type: ignore[untyped-decorator]
def loaded() -> Callable[[], None]:
    """The pages, with all that they and their acts import."""
    import imaging.export_scan
    import imaging.rendering  # noqa: F401  (only where an image is shown)
    import records.typed_text  # noqa: F401  (asked by the first act)
    from dashboards import shell
    from regulatory.documents.figures import drawing

    with drawing(1.0):  # what figures are drawn with is imported where one is drawn
        return shell.main


loaded()()
