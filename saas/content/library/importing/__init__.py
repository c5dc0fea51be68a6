"""Import into the library: read and checked first, outside any transaction, then stored whole or not at all.

``upload.import_upload``   a folder, zip, Markdown, HTML or DOCX file, picture, video or voice
``batch``                  what was read, and how it is stored
``folder``, ``page``, ``document``, ``platform_drafts``   one reader each
"""
