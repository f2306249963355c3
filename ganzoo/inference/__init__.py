"""A trained recipe's outputs: the model, sampling, image files in and out."""
