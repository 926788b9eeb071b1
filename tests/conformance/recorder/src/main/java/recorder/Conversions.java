package recorder;

import io.trino.metadata.Metadata;
import io.trino.metadata.OperatorNotFoundException;
import io.trino.spi.type.Type;
import io.trino.spi.type.TypeManager;
import io.trino.spi.type.TypeSignature;
import io.trino.sql.analyzer.TypeSignatureTranslator;
import io.trino.type.TypeCoercion;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** For each pair of types: whether CAST takes it, whether it is implicit, and the common supertype. */
final class Conversions
{
    private static final List<String> TYPES = List.of(
            "unknown", "boolean", "tinyint", "smallint", "integer", "bigint", "real", "double",
            "decimal(3,0)", "decimal(10,2)", "decimal(19,0)", "decimal(38,0)", "decimal(38,10)",
            "varchar", "varchar(3)", "varchar(20)", "char(3)", "char(20)", "varbinary", "json",
            "date", "time(0)", "time(3)", "time(3) with time zone", "timestamp(0)", "timestamp(3)", "timestamp(6)",
            "timestamp(3) with time zone", "timestamp(6) with time zone", "interval day to second",
            "interval year to month", "uuid", "ipaddress",
            "array(unknown)", "array(integer)", "array(bigint)", "array(varchar)", "array(array(varchar))",
            "map(unknown,unknown)", "map(varchar,integer)", "map(varchar,bigint)", "map(bigint,varchar)",
            "row(a integer,b varchar)", "row(b bigint,a varchar)", "row(integer,varchar)");

    private Conversions() {}

    static List<Map<String, Object>> describe(Metadata metadata, TypeManager types)
    {
        TypeCoercion coercion = new TypeCoercion(types::getType);
        List<Map<String, Object>> described = new ArrayList<>();
        for (String from : TYPES) {
            for (String to : TYPES) {
                Type source = parse(from, types);
                Type target = parse(to, types);
                Map<String, Object> pair = new LinkedHashMap<>();
                pair.put("from", from);
                pair.put("to", to);
                pair.put("cast", isCastable(metadata, source, target));
                pair.put("implicit", coercion.canCoerce(source, target));
                coercion.getCommonSuperType(source, target)
                        .ifPresent(type -> pair.put("common", type.getDisplayName()));
                described.add(pair);
            }
        }
        return described;
    }

    private static Type parse(String type, TypeManager types)
    {
        TypeSignature signature = TypeSignatureTranslator.parseTypeSignature(type, Set.of());
        return types.getType(signature);
    }

    private static boolean isCastable(Metadata metadata, Type from, Type to)
    {
        try {
            metadata.getCoercion(from, to);
            return true;
        }
        catch (OperatorNotFoundException e) {
            return false;
        }
    }
}
