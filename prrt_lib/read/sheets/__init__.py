"""The rows of a sheet -> records: headers, layout, ids, further tables, exports of REDCap."""
