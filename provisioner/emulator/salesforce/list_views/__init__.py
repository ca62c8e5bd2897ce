"""List views: what is deployed, described and run as the vendor does. [docs] REST guide, List View Describe, Results"""
