"""The saved queries on a lake of several days, against the answers that plain Python gives."""
