"""Maps (地图): one page per township and the county's index, for machines without a network."""

from landmarket.maps.index import save_maps
from landmarket.maps.legend import View
from landmarket.maps.townships import TownshipMap, township_maps

__all__ = ["TownshipMap", "View", "save_maps", "township_maps"]
