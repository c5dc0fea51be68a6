"""Content: campaign folders, articles, pictures, and the message each account says. Pure: reads files, stores nothing.

``folder.read_folder``      a folder or zip → ``CampaignDraft`` and every fault of its texts, lists and paths
``lists.iter_recipients``   the recipients of a draft, one by one
``messages.choose``         what an account kind says of a draft, and on which route
``messages.build_message``  the message of one account, its fitted pictures, and what is over its limits
``pictures.read_picture``   what an uploaded picture really is;  ``fitting.fit`` brings it under a platform's limits
``covers.crop_box``         the crops the feeds show

The check of a whole folder, with words and near copies, is ``saas.review.compliance.folder_check.check_folder``.
"""
