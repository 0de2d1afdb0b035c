"""What simulating a county's market hands over (供应测算成果): plan, totals, what if, reserves. All of it internal."""

from landmarket.market_products.answer import answer, sentences
from landmarket.market_products.products import market_run, write_market
from landmarket.market_products.work import MarketWork, do_market

__all__ = ["MarketWork", "answer", "do_market", "market_run", "sentences", "write_market"]
