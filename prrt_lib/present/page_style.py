"""How tables and figures look in JupyterLab, in an editor and on a page alike."""

TABLE = (
    "<style>.prrt-table{border-collapse:collapse;font-size:.92em;margin:.4em 0}"
    ".prrt-table caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0}"
    ".prrt-table th,.prrt-table td,.jp-RenderedHTMLCommon .prrt-table td,"
    ".jp-RenderedHTMLCommon .prrt-table th{padding:.22em .8em .22em 0;text-align:left;"
    "vertical-align:top;border-bottom:1px solid #d5dde5;white-space:normal}"
    ".prrt-table thead th{border-bottom:2px solid #1b2733}"
    ".prrt-table td.num{font-variant-numeric:tabular-nums}"
    ".prrt-table th.level{padding-left:1.2em!important;font-weight:normal}"
    ".prrt-table tr.section th{padding-top:.6em}.prrt-notes{font-size:.85em;color:#52616f}</style>"
)

FIGURE = (
    "<style>.prrt-figure{margin:.4em 0}.prrt-figure img{max-width:100%;height:auto}"
    ".prrt-figure .prrt-files,.prrt-figure summary{font-size:.9em}"
    ".prrt-figure .prrt-files a{margin-right:1.2em;color:#0b5394;text-decoration:underline}"
    ".prrt-figure summary{cursor:pointer;padding:.2em 0}"
    ".prrt-figure .prrt-scroll{max-height:24em;overflow:auto}"
    ".prrt-figure :focus-visible{outline:2px solid #0b3c5d;outline-offset:2px}</style>"
)
