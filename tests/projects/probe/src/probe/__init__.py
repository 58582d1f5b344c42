"""A project whose nodes write down what reached them."""
