package recorder;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.inject.Key;
import io.trino.metadata.GlobalFunctionCatalog;
import io.trino.plugin.memory.MemoryPlugin;
import io.trino.server.testing.TestingTrinoServer;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Starts a Trino server with an empty memory catalog, writes functions.jsonl and conversions.jsonl into the folder
 * given, prints the server's address, and serves statements until standard input ends. The second argument is the
 * start of every session. tests/conformance/record.py runs the statements.
 */
public final class Recorder
{
    private static final String CATALOG = "awsdatacatalog";
    private static final ObjectMapper JSON = new ObjectMapper();

    private Recorder() {}

    public static void main(String[] arguments)
            throws Exception
    {
        // The server redirects System.out to its log.
        PrintStream output = System.out;
        Path folder = Path.of(arguments[0]);
        try (TestingTrinoServer server = TestingTrinoServer.builder()
                .setAdditionalModule(new SessionStart(Instant.parse(arguments[1])))
                .build()) {
            server.installPlugin(new MemoryPlugin());
            server.createCatalog(CATALOG, "memory");
            GlobalFunctionCatalog functions = server.getInstance(Key.get(GlobalFunctionCatalog.class));
            write(folder.resolve("functions.jsonl"), Functions.describe(functions));
            write(folder.resolve("conversions.jsonl"),
                    Conversions.describe(server.getMetadata(), server.getTypeManager()));
            output.println(server.getBaseUrl());
            output.flush();
            System.in.transferTo(OutputStream.nullOutputStream());
        }
        System.exit(0);
    }

    private static void write(Path file, List<Map<String, Object>> objects)
            throws IOException
    {
        Files.write(file, objects.stream().map(Recorder::json).toList());
    }

    private static String json(Map<String, Object> object)
    {
        try {
            return JSON.writeValueAsString(object);
        }
        catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
