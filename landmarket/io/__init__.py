"""Reading what a bureau has, and writing whole what it needs."""

from landmarket.io.boundary_writing import write_boundary_text
from landmarket.io.layers import write_layer, write_parcels
from landmarket.io.parcels import read_layer, read_parcels
from landmarket.io.vector_files import list_layers

__all__ = ["list_layers", "read_layer", "read_parcels", "write_boundary_text", "write_layer", "write_parcels"]
