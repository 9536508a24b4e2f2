"""The portal: pages for people. Each page is a route, a frozen context and a template; a page gets exactly its context."""
