package recorder;

import io.trino.metadata.GlobalFunctionCatalog;
import io.trino.spi.function.FunctionMetadata;
import io.trino.spi.function.LongVariableConstraint;
import io.trino.spi.function.OperatorType;
import io.trino.spi.function.Signature;
import io.trino.spi.function.TypeVariableConstraint;
import io.trino.spi.type.TypeSignature;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static io.trino.metadata.OperatorNameUtil.mangleOperatorName;
import static io.trino.spi.function.OperatorType.ADD;
import static io.trino.spi.function.OperatorType.CAST;
import static io.trino.spi.function.OperatorType.DIVIDE;
import static io.trino.spi.function.OperatorType.MODULUS;
import static io.trino.spi.function.OperatorType.MULTIPLY;
import static io.trino.spi.function.OperatorType.NEGATION;
import static io.trino.spi.function.OperatorType.SUBSCRIPT;
import static io.trino.spi.function.OperatorType.SUBTRACT;

/**
 * Every function signature of Trino. They are read from the function registry because SHOW FUNCTIONS has neither
 * the constraints of type variables nor the formulas of decimal precisions.
 *
 * Trino's plugins for geospatial functions and machine learning are not installed: the lake has no geometries, and
 * Athena has no functions for machine learning.
 */
final class Functions
{
    /** Operators are hidden functions, but their result types follow from signatures, too. */
    private static final List<OperatorType> OPERATORS =
            List.of(ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULUS, NEGATION, SUBSCRIPT, CAST);

    private Functions() {}

    static List<Map<String, Object>> describe(GlobalFunctionCatalog catalog)
    {
        List<Map<String, Object>> described = new ArrayList<>();
        for (FunctionMetadata function : catalog.listFunctions()) {
            if (function.isHidden()) {
                continue;
            }
            String kind = function.getKind().name().toLowerCase();
            function.getNames().forEach(name -> described.add(describe(name, kind, function)));
        }
        for (OperatorType operator : OPERATORS) {
            for (FunctionMetadata function : catalog.getBuiltInFunctions(mangleOperatorName(operator))) {
                described.add(describe(operator.name().toLowerCase(), "operator", function));
            }
        }
        return described;
    }

    private static Map<String, Object> describe(String name, String kind, FunctionMetadata function)
    {
        Signature signature = function.getSignature();
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("name", name);
        described.put("kind", kind);
        described.put("arguments", texts(signature.getArgumentTypes()));
        described.put("returns", signature.getReturnType().toString());
        if (signature.isVariableArity()) {
            described.put("variable_arity", true);
        }
        if (function.getFunctionNullability().getArgumentNullable().contains(true)) {
            described.put("takes_null", function.getFunctionNullability().getArgumentNullable());
        }
        if (!function.isDeterministic()) {
            described.put("deterministic", false);
        }
        if (!signature.getTypeVariableConstraints().isEmpty()) {
            described.put("type_variables",
                    signature.getTypeVariableConstraints().stream().map(Functions::describe).toList());
        }
        if (!signature.getLongVariableConstraints().isEmpty()) {
            Map<String, Object> formulas = new LinkedHashMap<>();
            for (LongVariableConstraint variable : signature.getLongVariableConstraints()) {
                formulas.put(variable.getName(), variable.getExpression());
            }
            described.put("formulas", formulas);
        }
        return described;
    }

    private static Map<String, Object> describe(TypeVariableConstraint variable)
    {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("name", variable.getName());
        if (variable.isComparableRequired()) {
            described.put("comparable", true);
        }
        if (variable.isOrderableRequired()) {
            described.put("orderable", true);
        }
        variable.getVariadicBound().ifPresent(bound -> described.put("kind", bound));
        if (!variable.getCastableTo().isEmpty()) {
            described.put("castable_to", texts(variable.getCastableTo()));
        }
        if (!variable.getCastableFrom().isEmpty()) {
            described.put("castable_from", texts(variable.getCastableFrom()));
        }
        return described;
    }

    private static List<String> texts(Collection<TypeSignature> types)
    {
        return types.stream().map(TypeSignature::toString).toList();
    }
}
