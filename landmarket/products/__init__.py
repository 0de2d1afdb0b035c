"""What a run hands over (成果): maps, atlas, workbook, documents, layers, tables and the internal reserve prices."""

from landmarket.products.book import WORKBOOK, write_report
from landmarket.products.layers import LAYERS, write_layers
from landmarket.products.maps import MAPS, write_comparison, write_maps
from landmarket.products.run_folder import RESERVE, TABLES, county_run, record, write_results
from landmarket.products.whole_run import write_all
from landmarket.products.work import Say, Work, do_county, findings_line, plain, rules_used

__all__ = [
    "LAYERS",
    "MAPS",
    "RESERVE",
    "TABLES",
    "WORKBOOK",
    "Say",
    "Work",
    "county_run",
    "do_county",
    "findings_line",
    "plain",
    "record",
    "rules_used",
    "write_all",
    "write_comparison",
    "write_layers",
    "write_maps",
    "write_report",
    "write_results",
]
