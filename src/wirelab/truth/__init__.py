"""What a world really did, and what a perfect witness would say of it under each visibility."""
