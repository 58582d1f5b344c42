"""Apiary: how much honey will a dozen hives give this year?"""
