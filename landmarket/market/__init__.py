"""What a parcel fetches: terms of a deal, bids, simulated deals."""
