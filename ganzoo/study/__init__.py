"""The real-vs-fake study: can people tell generated images from real ones?"""
