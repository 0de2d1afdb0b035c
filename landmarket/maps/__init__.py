"""Maps (地图): one page per township and the county's index, or all on one page, for machines without a network."""

from landmarket.maps.audience import OFFICE, Audience, public_audience
from landmarket.maps.basemap import Basemap, tianditu
from landmarket.maps.class_breaks import ClassRule
from landmarket.maps.comparison import compare_maps
from landmarket.maps.index import save_maps
from landmarket.maps.legend import View
from landmarket.maps.townships import TownshipMap, TownshipMaps, township_maps
from landmarket.maps.villages import save_page, village_map
from landmarket.maps.whole_county import county_map

__all__ = [
    "OFFICE",
    "Audience",
    "Basemap",
    "ClassRule",
    "TownshipMap",
    "TownshipMaps",
    "View",
    "compare_maps",
    "county_map",
    "public_audience",
    "save_maps",
    "save_page",
    "tianditu",
    "township_maps",
    "village_map",
]
