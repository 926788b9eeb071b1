-- URL functions.
SELECT url_extract_protocol(u), url_extract_host(u), url_extract_port(u), url_extract_path(u), url_extract_query(u), url_extract_fragment(u), url_extract_parameter(u, 'a') FROM (VALUES 'https://user@example.com:8080/p/a th?a=1&b=x%20y&a=2#frag', 'http://example.com', 'https://open.spotify.com/playlist/pl_road?si=abc', 'mailto:a@b.c', 'not a url', '', 'ftp://h/', 'http://[::1]:80/x', NULL) AS t (u) ORDER BY u;
SELECT url_encode('a b&c=d/é?'), url_decode('a+b%26c%3Dd%2F%C3%A9'), url_encode('');
SELECT url_decode('%zz');
SELECT url_encode('a b&c=d/é?*-_.~'), url_decode('a+b%26'), url_encode(NULL);
SELECT url_extract_host(url), url_extract_path(url), count(*) FROM playlists GROUP BY 1, 2 ORDER BY 2 NULLS LAST;
SELECT url_extract_parameter('http://x/?a=&b=%C3%A9&c', 'a'), url_extract_parameter('http://x/?a=&b=%C3%A9&c', 'b'), url_extract_parameter('http://x/?a=&b&c', 'c'), url_extract_parameter('http://x/?a=1', 'A'), url_extract_parameter('http://x/', 'a');
SELECT typeof(url_extract_port('http://x:1')), typeof(url_extract_host('http://x')), typeof(url_encode('abc'));
SELECT url_extract_domain('http://x');
SELECT parse_url('http://x', 'HOST');
