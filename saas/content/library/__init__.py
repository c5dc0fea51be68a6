"""The material library of a client: items with versions, folders and tags; saved without anybody's text being lost.

``service``    create, read, save, autosave, versions, restore
``placing``    folders, tags, archive;  ``searching`` lists and search;  ``uses`` where an item is used
``contents``   what an item of each kind holds;  ``bodies`` the HTML of articles, cleaned on save and on load
``merging``    two people's changes beside what both began with
``keeping``    pictures, videos and voice as items

Every function that reads needs the right ``see_library``, every one that changes something ``write``.
"""
